/// The text of an SVG document, an element a line.
package struct SVGText {
    package private(set) var text = ""

    package init() {}

    package mutating func line(_ line: String) {
        text += line + "\n"
    }

    /// - Parameter id: what the ids of the document begin with: several documents may stand in one page.
    package mutating func open(width: Int, height: Int, id: String, title: String, description: String) {
        line(#"<?xml version="1.0" encoding="UTF-8"?>"#)
        line(
            #"<svg xmlns="http://www.w3.org/2000/svg" width="\#(width)" height="\#(height)" "#
                + #"viewBox="0 0 \#(width) \#(height)" role="img" aria-labelledby="\#(id)-title \#(id)-description">"#
        )
        line(#"<title id="\#(id)-title">\#(Self.escaped(title))</title>"#)
        line(#"<desc id="\#(id)-description">\#(Self.escaped(description))</desc>"#)
    }

    package mutating func close() {
        line("</svg>")
    }

    package mutating func text(_ kind: String, x: Int, y: Int, _ words: String) {
        line(#"<text class="\#(kind)" x="\#(x)" y="\#(y)">\#(Self.escaped(words))</text>"#)
    }

    package mutating func rectangle(_ kind: String, x: Int, y: Int, width: Int, height: Int, corner: Int) {
        line(
            #"<rect class="\#(kind)" x="\#(x)" y="\#(y)" width="\#(width)" height="\#(height)" rx="\#(corner)"/>"#
        )
    }

    package mutating func circle(_ kind: String, x: Int, y: Int, radius: Int) {
        line(#"<circle class="\#(kind)" cx="\#(x)" cy="\#(y)" r="\#(radius)"/>"#)
    }

    package mutating func rule(_ kind: String, x1: Int, y1: Int, x2: Int, y2: Int) {
        line(#"<line class="\#(kind)" x1="\#(x1)" y1="\#(y1)" x2="\#(x2)" y2="\#(y2)"/>"#)
    }

    package mutating func polygon(_ kind: String, _ points: [(Int, Int)]) {
        line(#"<polygon class="\#(kind)" points="\#(Self.list(points))"/>"#)
    }

    package mutating func polyline(_ kind: String, _ points: [(Int, Int)]) {
        line(#"<polyline class="\#(kind)" points="\#(Self.list(points))"/>"#)
    }

    private static func list(_ points: [(Int, Int)]) -> String {
        points.map { "\($0.0),\($0.1)" }.joined(separator: " ")
    }

    private static func escaped(_ words: String) -> String {
        var escaped = ""
        for character in words {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
