internal import ArgumentParser
internal import CLinux
internal import EvlabComparison
internal import Sockets

/// Runs a command line and turns whatever goes wrong into one line and an exit code: 64 for a usage error, 1 for a
/// failure, 130 after an interruption.
enum Launcher {
    static func run(_ arguments: [String]) -> CInt {
        // Before anything is opened. Without /dev/null the streams stay closed, and writing to them fails.
        _ = clinux_fill_streams()
        _ = clinux_raise_descriptor_limit()
        do {
            var command = try Evlab.parseAsRoot(arguments)
            try command.run()
            return conclude()
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

    /// The exit code of a command that has done its work: it fails if what it had to say could not be written.
    private static func conclude() -> CInt {
        guard let failure = Output.failure else { return 0 }
        Output.complain("\(failure)")
        return 1
    }

    private static func explain(_ error: any Error, _ arguments: [String]) -> CInt {
        let code = Evlab.exitCode(for: error)
        guard code != .success else {
            Output.say(Evlab.fullMessage(for: error))
            return conclude()
        }
        let (command, words) = subcommand(arguments)
        let message = unknownWord(arguments.dropFirst(words.count).first, command) ?? line(Evlab.message(for: error))
        Output.complain("\(message) (see \((["evlab"] + words + ["--help"]).joined(separator: " ")))")
        return code.rawValue
    }

    /// A message on one line; what it lists in lines of their own stands between commas.
    private static func line(_ message: String) -> String {
        var words = ""
        for line in message.split(whereSeparator: \.isNewline) {
            let line = line.trimmingPrefix { $0 == " " }
            let isItem = line.hasPrefix("- ")
            words += words.isEmpty ? "" : isItem && !words.hasSuffix(":") ? ", " : " "
            words += isItem ? line.dropFirst(2) : line
        }
        return words.replacing("Please provide one of the following:", with: "Use one of")
    }

    /// What is to be said of a word that is no subcommand where one is needed.
    private static func unknownWord(_ word: String?, _ command: any ParsableCommand.Type) -> String? {
        let shown = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        let names = shown.compactMap { $0.configuration.commandName }
        guard let word, !word.hasPrefix("-"), !names.isEmpty else { return nil }
        return "there is no '\(word)': use \(names.joined(separator: ", "))"
    }

    /// The subcommand that was meant, as far as its words are known.
    private static func subcommand(_ arguments: [String]) -> (any ParsableCommand.Type, [String]) {
        var command: any ParsableCommand.Type = Evlab.self
        var words: [String] = []
        for argument in arguments {
            let next = command.configuration.subcommands.first { $0.configuration.commandName == argument }
            guard let next else { break }
            command = next
            words.append(argument)
        }
        return (command, words)
    }
}
