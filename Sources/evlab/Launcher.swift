internal import ArgumentParser
internal import CLinux
internal import EvlabComparison
internal import Sockets

/// Runs a command line and turns whatever goes wrong into one line and an exit code: 64 for a usage error, 1 for a
/// failure, 130 after an interruption.
enum Launcher {
    static func run(_ arguments: [String]) -> CInt {
        _ = clinux_raise_descriptor_limit()
        do {
            var command = try Evlab.parseAsRoot(arguments)
            try command.run()
            return 0
        } catch let error as ComparisonFailure {
            Output.complain("\(error)")
            return error.isInterruption ? 130 : 1
        } catch let error as CommandFailure {
            Output.complain("\(error)")
            return 1
        } catch let error as IOError {
            Output.complain("\(error)")
            return 1
        } catch let code as ExitCode {
            // It has said what there is to say.
            return code.rawValue
        } catch {
            return explain(error, arguments)
        }
    }

    private static func explain(_ error: any Error, _ arguments: [String]) -> CInt {
        let code = Evlab.exitCode(for: error)
        guard code != .success else {
            Output.say(Evlab.fullMessage(for: error))
            return 0
        }
        let message = Evlab.message(for: error).split(whereSeparator: \.isNewline).joined(separator: " ")
        Output.complain("\(message) (see evlab \(subcommand(arguments))--help)")
        return code.rawValue
    }

    /// The subcommand that was meant, as far as its words are known.
    private static func subcommand(_ arguments: [String]) -> String {
        var command: any ParsableCommand.Type = Evlab.self
        var words = ""
        for argument in arguments {
            let next = command.configuration.subcommands.first { $0.configuration.commandName == argument }
            guard let next else { break }
            command = next
            words += argument + " "
        }
        return words
    }
}
