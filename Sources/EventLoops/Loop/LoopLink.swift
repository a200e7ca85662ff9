/// How a post finds the loop: not at all once the loop has ended, for a post that comes late stays with the poster, which the
/// loop holds, and which on a base that others made outlives the loop.
final class LoopLink: @unchecked Sendable {
    // Unchecked: used on the loop's thread only.
    var loop: EventLoop?
}
