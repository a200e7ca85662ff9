import Readiness

/// An epoll instance and what it watches, among it other instances.
struct WakeUpTree {
    enum Child {
        case socket(Int)
        indirect case instance(WakeUpTree)
    }

    let number: Int
    var children: [(trigger: Trigger, child: Child)] = []

    /// From a text such as `e0(lt:e1(et:s0))`.
    init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        self.init(&rest)
        guard rest.isEmpty else { return nil }
    }

    private init?(_ rest: inout Substring) {
        guard let number = Self.number(after: "e", &rest), rest.popFirst() == "(" else { return nil }
        self.number = number
        repeat {
            let trigger: Trigger = rest.hasPrefix("et:") ? .edge : .level
            rest = rest.dropFirst(3)
            if let socket = Self.number(after: "s", &rest) {
                children.append((trigger, .socket(socket)))
            } else if let inner = WakeUpTree(&rest) {
                children.append((trigger, .instance(inner)))
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
        var tree = self
        tree.children = children.map { _, child in
            guard case .instance(let inner) = child else { return (.level, child) }
            return (.level, .instance(inner.levelTriggered))
        }
        return tree
    }
}
