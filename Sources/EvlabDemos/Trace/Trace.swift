/// What really happened while a script ran under a mode.
public struct Trace: Hashable, Sendable {
    public let mode: TraceMode
    public let start: TraceStep.State
    public let steps: [TraceStep]

    /// How things stood at the end.
    public var end: TraceStep.State { steps.last?.after ?? start }

    /// The waits of the script.
    public var waits: [TraceStep] { steps.filter { $0.action == .wait } }

    /// The waits that returned the socket.
    public var wakeUps: Int { waits.count { $0.outcome != .wouldBlock } }

    /// The waits that would have blocked although bytes waited.
    public var silentWaits: Int { waits.count { $0.isSilent } }

    /// What came of the waits, in one line.
    var waitsSummary: String {
        let waits = waits.count
        let silent = silentWaits > 0 ? ", \(silentWaits) of those with bytes unread" : ""
        return "\(waits) \(waits == 1 ? "wait" : "waits"): \(wakeUps) returned the socket, "
            + "\(waits - wakeUps) would have blocked\(silent)."
    }

    /// What is left, in one line.
    var endSummary: String {
        guard end.buffered > 0 else { return "At the end every byte has been read." }
        return "Unread at the end: \(end.buffered); \(fate)."
    }

    private var fate: String {
        if end.isReady { return "the next wait says so" }
        return
            "no wait says so until \(end.isArmed ? "more arrives or the socket is rearmed" : "the socket is rearmed")"
    }
}

extension Trace {
    /// The timeline as a picture, an SVG document that needs nothing from elsewhere and is the same at every run.
    public var svg: String { TracePicture.svg(of: self) }
}
