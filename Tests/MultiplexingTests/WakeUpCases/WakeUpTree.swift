import Readiness

/// An epoll instance and what it watches, among it other instances.
final class WakeUpTree {
    enum Child {
        case socket(Int)
        indirect case instance(WakeUpTree)
    }

    struct Edge {
        let trigger: Trigger
        let child: Child
    }

    let number: Int
    private(set) var children: [Edge] = []

    /// From a text such as `e0(lt:e1(et:s0))`.
    convenience init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        self.init(&rest)
        guard rest.isEmpty else { return nil }
    }

    private init(_ number: Int, _ children: [Edge]) {
        self.number = number
        self.children = children
    }

    private init?(_ rest: inout Substring) {
        guard let number = Self.number(after: "e", &rest), rest.popFirst() == "(" else { return nil }
        self.number = number
        repeat {
            let trigger: Trigger = rest.hasPrefix("et:") ? .edge : .level
            rest = rest.dropFirst(3)
            if let socket = Self.number(after: "s", &rest) {
                children.append(Edge(trigger: trigger, child: .socket(socket)))
            } else if let inner = WakeUpTree(&rest) {
                children.append(Edge(trigger: trigger, child: .instance(inner)))
            } else {
                return nil
            }
            guard let separator = rest.popFirst() else { return nil }
            if separator == ")" { return }
        } while true
    }

    private static func number(after letter: Character, _ rest: inout Substring) -> Int? {
        guard rest.first == letter else { return nil }
        let digits = rest.dropFirst().prefix(while: \.isNumber)
        rest = rest[digits.endIndex...]
        return Int(digits)
    }

    /// The same tree with no edge in it.
    var levelTriggered: WakeUpTree {
        WakeUpTree(
            number,
            children.map { edge in
                guard case .instance(let inner) = edge.child else { return Edge(trigger: .level, child: edge.child) }
                return Edge(trigger: .level, child: .instance(inner.levelTriggered))
            }
        )
    }
}
