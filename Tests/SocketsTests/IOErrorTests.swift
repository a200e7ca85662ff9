import Sockets
import SystemPackage
import Testing

@Suite("IOError")
struct IOErrorTests {
    @Test(
        "each kind that a server branches on has its code",
        arguments: [
            (.addressInUse, .addressInUse), (.addressNotAvailable, .addressNotAvailable), (.brokenPipe, .brokenPipe),
            (.fileExists, .alreadyRegistered), (.canceled, .cancelled), (.connectionAbort, .connectionAborted),
            (.connectionRefused, .connectionRefused), (.connectionReset, .connectionReset),
            (.invalidArgument, .invalidArgument), (.tooManyOpenFiles, .noDescriptors),
            (.tooManyOpenFilesInSystem, .noDescriptors), (.noMemory, .noMemory), (.noBufferSpace, .noMemory),
            (.socketNotConnected, .notConnected), (.noSuchFileOrDirectory, .notFound),
            (.permissionDenied, .permissionDenied), (.notPermitted, .permissionDenied), (.timedOut, .timedOut),
            (.noRouteToHost, .unreachable), (.networkUnreachable, .unreachable), (.hostIsDown, .unreachable),
            (.notSupported, .unsupported), (.protocolNotAvailable, .unsupported), (.messageTooLong, .outOfRange),
            (.resourceTemporarilyUnavailable, .busy), (.ioError, .system), (.badFileDescriptor, .system),
        ] as [(Errno, IOError.Code)]
    )
    func codes(_ errno: Errno, _ code: IOError.Code) {
        let error = IOError("connect", errno: errno)
        #expect(error.code == code)
        #expect(error.errno == errno)
        #expect(error.operation.description == "connect")
        #expect(error.description == "connect: \(errno)")
    }

    @Test("a failure found here has no system number, and says what was wrong")
    func found() {
        let error = IOError("listen", .outOfRange, detail: "5 is too many")
        #expect(error.errno == nil)
        #expect(error.description == "listen: out of range: 5 is too many")
        #expect(error != IOError("listen", .outOfRange))
    }
}
