/// What an interval allows to say of a ratio. It is the 99 % interval that must lie where a word says.
public enum Verdict: String, Sendable {
    /// The whole interval lies above 1.02.
    case faster
    /// The whole interval lies below 0.98.
    case slower
    /// The whole interval lies between them.
    case equal
    /// Anything else: nothing may be said.
    case undecided = "-"

    /// The word, where less is what is compared.
    public var wordForCost: String {
        switch self {
        case .faster: "cheaper"
        case .slower: "dearer"
        case .equal, .undecided: rawValue
        }
    }

    /// Differences up to this, either way, are not worth a word.
    public static let tolerance = 0.02
}
