internal import Readiness

/// Somebody who is connected to the room.
final class ChatMember<Engine: EventEngine> {
    let stream: DemoStream<Engine>
    /// `nil` until a good one was given.
    var name: String?
    var lines = LineSplitter(longest: ChatRules.longestLine)

    init(_ stream: DemoStream<Engine>) {
        self.stream = stream
    }
}
