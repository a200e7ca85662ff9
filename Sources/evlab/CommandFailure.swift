/// Why a command could not do its work, in one line.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
}
