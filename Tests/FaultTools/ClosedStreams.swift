internal import Glibc

/// Standard streams that are closed, as in a program that was started without them; for a test that has a process of its
/// own.
///
/// The thread that makes it gets a table of descriptors of its own, so that no other thread opens a file in their place.
package struct ClosedStreams: Sendable {
    /// The sets of streams that can be closed, except none.
    package static let combinations = (1...7).map { bits in [0, 1, 2].filter { bits >> $0 & 1 == 1 } }

    private let numbers: [CInt]

    package init(_ numbers: [CInt]) throws {
        try unshareDescriptors()
        for number in numbers { close(number) }
        self.numbers = numbers
    }

    /// The streams that are open again.
    package var opened: [CInt] { numbers.filter { fcntl($0, F_GETFD) != -1 } }
}
