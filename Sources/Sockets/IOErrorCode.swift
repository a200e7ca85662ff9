internal import SystemPackage

extension IOError {
    /// The kind of a failure. More kinds may be added, so a `switch` over it needs a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String {
            case addressInUse = "address in use"
            case addressNotAvailable = "address not available"
            case alreadyRegistered = "already registered"
            case alreadyRunning = "the loop is already running"
            case brokenPipe = "the peer no longer reads"
            case busy = "in use"
            case cancelled = "cancelled"
            case closed = "closed"
            case connectionAborted = "connection aborted"
            case connectionRefused = "connection refused"
            case connectionReset = "connection reset by the peer"
            case forked = "the process has forked"
            case frozen = "the buffer is frozen"
            case handlerFailed = "a handler failed"
            case invalidAddress = "invalid address"
            case invalidArgument = "invalid argument"
            case nameServerFailed = "the name server failed"
            case noDescriptors = "no free descriptors"
            case noMemory = "out of memory"
            case notConnected = "not connected"
            case notFound = "not found"
            case notPollable = "not pollable"
            case notRegistered = "not registered"
            case outOfRange = "out of range"
            case queueFull = "the queue is full"
            case permissionDenied = "permission denied"
            case system = "system error"
            case timedOut = "timed out"
            case unreachable = "unreachable"
            case unsupported = "not supported"
        }

        private let kind: Kind

        private init(kind: Kind) {
            self.kind = kind
        }

        public var description: String { kind.rawValue }

        /// Another socket has the address (EADDRINUSE).
        public static let addressInUse = Code(kind: .addressInUse)
        /// No interface of this machine has the address (EADDRNOTAVAIL).
        public static let addressNotAvailable = Code(kind: .addressNotAvailable)
        /// The descriptor is registered already (EEXIST).
        public static let alreadyRegistered = Code(kind: .alreadyRegistered)
        /// The loop was asked to run from inside its own callback, or while another thread runs it.
        public static let alreadyRunning = Code(kind: .alreadyRunning)
        /// Nobody will read what would be written (EPIPE).
        public static let brokenPipe = Code(kind: .brokenPipe)
        /// What the operation needs is in use now and may be free later (EBUSY, EAGAIN from `connect(2)`).
        public static let busy = Code(kind: .busy)
        /// The operation was cancelled (ECANCELED).
        public static let cancelled = Code(kind: .cancelled)
        /// The object was closed before the call, or its loop is gone.
        public static let closed = Code(kind: .closed)
        /// The connection was aborted on this side (ECONNABORTED).
        public static let connectionAborted = Code(kind: .connectionAborted)
        /// Nobody listens at the address (ECONNREFUSED).
        public static let connectionRefused = Code(kind: .connectionRefused)
        /// The peer ended the connection without a proper close (ECONNRESET).
        public static let connectionReset = Code(kind: .connectionReset)
        /// The loop belongs to the parent process; re-initialise it in the child first.
        public static let forked = Code(kind: .forked)
        /// The end of the buffer that the call would change is frozen.
        public static let frozen = Code(kind: .frozen)
        /// A handler of the program threw an error of its own, which the detail describes.
        public static let handlerFailed = Code(kind: .handlerFailed)
        /// The text or the bytes are no socket address.
        public static let invalidAddress = Code(kind: .invalidAddress)
        /// An argument has a value that the operation does not take (EINVAL).
        public static let invalidArgument = Code(kind: .invalidArgument)
        /// A name server did not answer, or answered that it could not; whether the name exists is unknown (EAI_AGAIN,
        /// EAI_FAIL).
        public static let nameServerFailed = Code(kind: .nameServerFailed)
        /// The process (EMFILE) or the system (ENFILE) has no descriptor left.
        public static let noDescriptors = Code(kind: .noDescriptors)
        /// The kernel or the allocator has no memory left (ENOMEM, ENOBUFS).
        public static let noMemory = Code(kind: .noMemory)
        /// The socket is not connected (ENOTCONN).
        public static let notConnected = Code(kind: .notConnected)
        /// There is no such file or name (ENOENT).
        public static let notFound = Code(kind: .notFound)
        /// The method cannot watch this kind of file (EPERM from epoll: regular files, /dev/null).
        public static let notPollable = Code(kind: .notPollable)
        /// The descriptor is not registered.
        public static let notRegistered = Code(kind: .notRegistered)
        /// A number or a length is outside what the operation can take (EMSGSIZE).
        public static let outOfRange = Code(kind: .outOfRange)
        /// What is queued has reached its limit, and nothing of the refused part was queued: go on when the queue is shorter.
        public static let queueFull = Code(kind: .queueFull)
        /// The process may not do this (EACCES, EPERM).
        public static let permissionDenied = Code(kind: .permissionDenied)
        /// Any other failure; ``IOError/errno`` says which.
        public static let system = Code(kind: .system)
        /// The time allowed has passed (ETIMEDOUT).
        public static let timedOut = Code(kind: .timedOut)
        /// No route leads to the address (EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN).
        public static let unreachable = Code(kind: .unreachable)
        /// The system or the chosen method does not offer this.
        public static let unsupported = Code(kind: .unsupported)

        init(_ errno: Errno) {
            self =
                switch errno {
                case .addressInUse: .addressInUse
                case .addressNotAvailable: .addressNotAvailable
                case .fileExists: .alreadyRegistered
                case .brokenPipe: .brokenPipe
                case .resourceBusy, .resourceTemporarilyUnavailable: .busy
                case .canceled: .cancelled
                case .connectionAbort: .connectionAborted
                case .connectionRefused: .connectionRefused
                case .connectionReset: .connectionReset
                case .invalidArgument: .invalidArgument
                case .tooManyOpenFiles, .tooManyOpenFilesInSystem: .noDescriptors
                case .noMemory, .noBufferSpace: .noMemory
                case .socketNotConnected: .notConnected
                case .noSuchFileOrDirectory: .notFound
                case .messageTooLong: .outOfRange
                case .permissionDenied, .notPermitted: .permissionDenied
                case .timedOut: .timedOut
                case .noRouteToHost, .networkUnreachable, .hostIsDown, .networkDown: .unreachable
                case .notSupported, .addressFamilyNotSupported, .protocolNotSupported, .protocolNotAvailable,
                    .socketTypeNotSupported:
                    .unsupported
                default: .system
                }
        }
    }
}
