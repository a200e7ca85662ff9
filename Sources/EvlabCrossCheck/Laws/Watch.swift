internal import Readiness

/// What is known of one observer's registration of one descriptor.
struct Watch {
    var interest: Interest
    /// A one-shot watcher that has not reported yet.
    var isArmed = true
    /// Registered, changed or rearmed since the last look: what is ready must be reported.
    var isFresh = true
    /// What arrived since the last look.
    var arrived: ReadyEvents = []
    /// Something was done to the file, or to its other end, since the last look.
    var wasTouched = true

    init(_ interest: Interest) {
        self.interest = interest
    }

    mutating func noteLook() {
        isFresh = false
        arrived = []
        wasTouched = false
    }
}
