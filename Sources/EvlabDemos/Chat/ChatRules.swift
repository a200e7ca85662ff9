/// What holds in a chat room, however it is served.
enum ChatRules {
    static let longestLine = 1000
    static let longestName = 20
    /// The most bytes that wait for one member.
    static let longestQueue = 64 * 1024
    /// What the kernel may hold for one member besides; it doubles the number for its own needs.
    static let socketBuffer = 64 * 1024

    static func isName(_ text: String) -> Bool {
        // Scalars, for a letter can carry any number of accents.
        (1...longestName).contains(text.unicodeScalars.count)
            && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    }
}
