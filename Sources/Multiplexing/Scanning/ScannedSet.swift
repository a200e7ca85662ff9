internal import Readiness

/// The descriptors that a call of the kernel's is given anew at each wait, in the form in which it takes them.
protocol ScannedSet: ~Copyable, Sendable {
    init()

    /// Takes a descriptor in, or asks for something else, or asks again.
    mutating func arm(_ number: CInt, for interest: Interest)

    /// Asks for nothing of a descriptor, not even errors, until it is armed again.
    mutating func disarm(_ number: CInt)

    /// Lets go of a descriptor, which may not be there.
    mutating func drop(_ number: CInt)

    /// Lets go of the descriptors that `isUnwanted` names.
    mutating func dropAll(where isUnwanted: (CInt) -> Bool)

    /// Waits once: how many descriptors, or more, are ready, or -errno. A negative time-out waits for ever.
    mutating func wait(nanoseconds: Int64) -> CInt

    /// Shows each ready descriptor and its flags, `poll(2)`'s, to `take`, from where the last showing stopped; `take` says
    /// what is to become of it.
    mutating func showReady(_ count: CInt, _ take: (CInt, UInt16) -> ScanVerdict)
}
