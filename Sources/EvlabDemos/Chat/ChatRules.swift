/// What holds in a chat room, however it is served.
enum ChatRules {
    static let longestLine = 1000
    static let longestName = 20
    /// The most bytes that wait for one member.
    static let longestQueue = 64 * 1024
    /// What the kernel may hold for one member besides; it doubles the number for its own needs.
    static let socketBuffer = 64 * 1024

    /// Whether a text can be a name. Names that look the same are the same: nothing in a name is invisible, and strings are
    /// compared by canonical equivalence.
    static func isName(_ text: String) -> Bool {
        // Scalars, because a letter can carry any number of accents.
        (1...longestName).contains(text.unicodeScalars.count)
            && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            && text.unicodeScalars.allSatisfy(isVisible)
    }

    /// Some letters and marks show nothing, such as the Hangul fillers and the variation selectors.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        return properties.generalCategory != .format && !properties.isDefaultIgnorableCodePoint
    }
}
