import CLinux
import Glibc
import Readiness
import SystemPackage
import Testing

/// Waits until a program has ended.
func waitForEnd(of child: inout Child) {
    var request = pollfd(fd: child.fileDescriptor.rawValue, events: CShort(POLLIN), revents: 0)
    #expect(unsafe clinux_poll(&request, 1, patienceInMilliseconds) == 1)
    #expect(child.exitStatus() != nil)
}
