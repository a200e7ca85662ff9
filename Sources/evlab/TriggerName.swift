internal import ArgumentParser
internal import Readiness

/// A trigger that a demonstration can be told to use.
enum TriggerName: String, CaseIterable, ExpressibleByArgument {
    case level, edge

    var trigger: Trigger {
        self == .edge ? .edge : .level
    }
}
