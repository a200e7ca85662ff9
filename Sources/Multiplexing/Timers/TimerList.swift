/// The ends of a list of ``TimerNode``.
struct TimerList {
    var first = TimerNode.none
    var last = TimerNode.none
}
