/// A verdict, and the sentence with the figures that it rests on.
public struct TableFinding: Hashable, Sendable {
    public let verdict: TableVerdict
    public let sentence: String

    init(_ verdict: TableVerdict, _ sentence: String) {
        self.verdict = verdict
        self.sentence = sentence
    }

    var json: JSONValue {
        .object([("verdict", .string(verdict.rawValue)), ("sentence", .string(sentence))])
    }
}
