internal import ArgumentParser

/// The kernel's interface that a server waits on.
enum Method: String, CaseIterable, ExpressibleByArgument {
    case epoll
    case epollChangelist = "epoll-changelist"
    case poll, select
    // The ones of other systems: known, so that whoever asks for one learns why there is none.
    case devpoll, evport, kqueue

    static let ofLinux: [Method] = [.epoll, .epollChangelist, .poll, .select]

    static var allValueStrings: [String] { ofLinux.map(\.rawValue) }

    var hasEdges: Bool { self == .epoll || self == .epollChangelist }
}

struct MethodOption: ParsableArguments {
    @Option(help: "What waits for the kernel: epoll, epoll-changelist, poll or select.")
    var method = Method.epoll

    /// The method, if this system has it.
    func usable() throws(CommandFailure) -> Method {
        guard Method.ofLinux.contains(method) else {
            let known = Method.allValueStrings.joined(separator: ", ")
            throw CommandFailure(description: "this machine has no \(method.rawValue): use one of \(known)")
        }
        return method
    }
}
