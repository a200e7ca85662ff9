/// What of a text may reach another person's terminal.
enum TerminalText {
    /// Whether a character neither controls a terminal nor changes the order or the lines of what stands around it.
    static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        // Marks around annotations (U+FFF9 to U+FFFB) hide text on terminals that know them.
        default: !scalar.properties.isBidiControl && !(0xFFF9...0xFFFB).contains(scalar.value)
        }
    }

    /// One line of text without its harmful characters. A tab becomes a space.
    static func line(_ bytes: some Collection<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar == "\t" {
                text.append(" ")
            } else if isHarmless(scalar) {
                text.append(scalar)
            }
        }
        return String(text)
    }
}
