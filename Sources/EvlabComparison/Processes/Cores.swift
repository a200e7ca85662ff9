internal import CLinux

/// Which CPU the servers and the load generator are pinned to.
public struct Cores: Hashable, Sendable {
    /// How many CPUs this process may use.
    public let usable: Int
    /// `nil`, like the next: not pinned, because there is only one.
    public let server: Int?
    public let generator: Int?

    package init(usable: Int, server: Int?, generator: Int?) {
        self.usable = usable
        self.server = server
        self.generator = generator
    }

    /// A core for each, where there are two.
    public static var current: Cores {
        var numbers = [CInt](repeating: 0, count: 1024)
        let count = unsafe numbers.withUnsafeMutableBufferPointer {
            unsafe clinux_usable_cores($0.baseAddress, CInt($0.count))
        }
        guard count >= 2 else { return Cores(usable: 1, server: nil, generator: nil) }
        return Cores(usable: Int(count), server: Int(numbers[0]), generator: Int(numbers[1]))
    }
}
