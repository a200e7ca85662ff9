/// Text and elements of a page, as HTML that is XML as well.
enum Markup {
    /// The text with what has a meaning in HTML escaped.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    /// An element around markup.
    static func element(_ name: String, _ attributes: [(String, String)] = [], _ content: String) -> String {
        "<\(name)\(written(attributes))>\(content)</\(name)>"
    }

    /// An element with nothing in it.
    static func empty(_ name: String, _ attributes: [(String, String)]) -> String {
        "<\(name)\(written(attributes))/>"
    }

    private static func written(_ attributes: [(String, String)]) -> String {
        attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
    }

    static func paragraph(_ text: String) -> String { element("p", [], escaped(text)) }

    static func list(_ lines: [String]) -> String {
        element("ul", [], lines.map { element("li", [], escaped($0)) }.joined(separator: "\n"))
    }
}
