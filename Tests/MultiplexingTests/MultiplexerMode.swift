import Readiness
import Testing

/// A multiplexer and a trigger that it offers.
struct MultiplexerMode: Codable, CustomTestStringConvertible {
    let kind: MultiplexerKind
    private let isEdge: Bool
    private let isOneShot: Bool

    init(_ kind: MultiplexerKind, _ trigger: Trigger) {
        self.kind = kind
        isEdge = trigger.isEdge
        isOneShot = trigger.isOneShot
    }

    var trigger: Trigger {
        switch (isEdge, isOneShot) {
        case (false, false): .level
        case (true, false): .edge
        case (false, true): .levelOneShot
        case (true, true): .edgeOneShot
        }
    }

    var testDescription: String { "\(kind) \(trigger)" }

    static let all = MultiplexerKind.allCases.flatMap { kind in
        kind.triggers.map { MultiplexerMode(kind, $0) }
    }

    static let oneShot = all.filter(\.trigger.isOneShot)
}
