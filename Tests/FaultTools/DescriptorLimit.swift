internal import Glibc

/// A limit of descriptors so low that none is left; for a test that has a process of its own.
///
/// The thread that makes it gets a table of descriptors of its own: other threads of the process, such as those of the
/// test library, open and close some at any time.
package struct DescriptorLimit: Sendable {
    private let usual: rlimit

    // As getrlimit(2) takes it.
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    /// Lowers the soft limit to `number`, else to the lowest free number: then what is closed from here on is all that
    /// can be opened again.
    package init(lowestAllowed number: CInt? = nil) throws {
        try unshareDescriptors()
        let lowestFree = dup(0)
        Glibc.close(lowestFree)
        var limit = rlimit()
        unsafe getrlimit(Self.resource, &limit)
        usual = limit
        limit.rlim_cur = rlim_t(number ?? lowestFree)
        unsafe setrlimit(Self.resource, &limit)
    }

    /// As many as before.
    package func end() {
        var limit = usual
        unsafe setrlimit(Self.resource, &limit)
    }
}
