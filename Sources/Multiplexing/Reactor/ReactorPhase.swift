/// What a turn of a reactor calls back for, in this order.
enum ReactorPhase {
    case events, signals, files, timers

    var next: ReactorPhase {
        switch self {
        case .events: .signals
        case .signals: .files
        case .files: .timers
        case .timers: .events
        }
    }
}
