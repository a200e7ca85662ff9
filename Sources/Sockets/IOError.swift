internal import Glibc
public import SystemPackage

/// What went wrong in an operation of this package: which operation, what kind of failure, the system's own
/// number where there is one, and what was wrong with the input where that was the cause.
public struct IOError: Error, Hashable, Sendable {
    /// The operation that failed, named as its manual page or its C function is.
    public let operation: Operation
    /// The kind of failure, to branch on.
    public let code: Code
    /// The system's number, captured directly after the call; `nil` where no system call failed.
    public let errno: Errno?
    /// What was wrong and what would be right, for a person to read; may be empty.
    public let detail: String

    /// A failure found by this package.
    public init(_ operation: Operation, _ code: Code, errno: Errno? = nil, detail: String = "") {
        self.operation = operation
        self.code = code
        self.errno = errno
        self.detail = detail
    }

    /// A failure that the system reported; the code follows from its number.
    public init(_ operation: Operation, errno: Errno, detail: String = "") {
        self.init(operation, Code(errno), errno: errno, detail: detail)
    }
}

extension IOError {
    /// The name of an operation: a system call, a C function or a step of this package.
    public struct Operation: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
        public let description: String

        public init(stringLiteral name: StaticString) {
            description = name.description
        }
    }
}

extension IOError {
    /// Where a connect went; what EAGAIN from it means is known of unix sockets alone.
    package static func detail(ofConnectTo address: SocketAddress, _ result: CInt) -> String {
        let isFull = address.family == .unix && result == -EAGAIN
        return isFull ? "\(address): the listener's queue is full" : address.description
    }
}

extension IOError: CustomStringConvertible {
    /// One line: the operation, the failure, the detail.
    public var description: String {
        let failure = errno.map(\.description) ?? code.description
        return detail.isEmpty ? "\(operation): \(failure)" : "\(operation): \(failure): \(detail)"
    }
}
