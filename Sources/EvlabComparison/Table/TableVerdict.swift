/// What the measurements say of a line of the table.
public enum TableVerdict: String, Hashable, Sendable {
    case supported
    /// Something else is true.
    case corrected
    /// What was measured points in no one direction, or could not be measured.
    case undecided

    var word: String {
        switch self {
        case .supported: "Supported"
        case .corrected: "Corrected"
        case .undecided: "Undecided"
        }
    }
}
