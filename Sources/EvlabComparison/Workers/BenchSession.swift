/// The protocol between a comparison and the processes that measure, in lines of text: who starts such a program tells it
/// on standard input what to do, and it answers on standard output.
///
/// `trace` is answered by a line for each step of the script, each after `> `, and `done`. `run MILLISECONDS` is answered
/// by a ``Sample`` as JSON. The end of the input ends the program.
public enum BenchSession {
    /// Answers until the input ends.
    public static func serve(
        _ bench: some Bench,
        readLine: () -> String?,
        print: (String) -> Void
    ) throws(ComparisonFailure) {
        while let line = readLine() {
            switch Command(line) {
            case .trace:
                for step in try bench.trace() { print(answer + step) }
                print(done)
            case .run(let duration):
                print(try bench.sample(duration).json.description)
            case nil:
                throw ComparisonFailure("'\(line)' is no command: use trace, or run MILLISECONDS")
            }
        }
    }

    static let answer = "> "
    static let done = "done"

    enum Command {
        case trace
        case run(Duration)

        init?(_ line: String) {
            let words = line.split(separator: " ")
            if words == ["trace"] {
                self = .trace
            } else if words.count == 2, words[0] == "run", let time = Int(words[1]), (1...600_000).contains(time) {
                self = .run(.milliseconds(time))
            } else {
                return nil
            }
        }
    }
}
