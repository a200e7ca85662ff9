/// An element's place in a ``TimerQueue``. Numbers of nodes and lists are -1 where there is none.
struct TimerNode {
    static var none: Int32 { -1 }

    var deadline: UInt64 = 0
    var next = none
    var previous = none
    var list = none
    /// How many elements have had this node.
    var generation: UInt32 = 0
}
