internal import CLinux
internal import Glibc
internal import SystemPackage

/// The file of a unix socket that this process has bound. It is removed when this value goes out of scope, unless another
/// file has taken its place.
///
/// Release it before the socket is closed: a client that connects later then learns that there is no server.
package struct SocketFile: ~Copyable, Sendable {
    private let path: [CChar]
    private let identity: FileIdentity

    /// The file that a socket was bound to just now; `nil` when its address is not a path.
    package init?(of socket: borrowing Socket) {
        guard let path = (try? socket.localAddress())?.pathBytes else { return nil }
        guard let identity = FileIdentity(at: path), identity.isSocket else { return nil }
        self.path = path
        self.identity = identity
    }

    deinit {
        guard FileIdentity(at: path) == identity else { return }
        _ = unsafe unlink(path)
    }
}

/// What tells a file from another that has its path now, or its number in the file system.
private struct FileIdentity: Equatable {
    private let device: dev_t
    private let number: ino_t
    /// A change of owner or mode leaves it as it is.
    private let seconds: Int
    private let nanoseconds: Int
    let isSocket: Bool

    /// `nil` when there is no file.
    init?(at path: [CChar]) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        isSocket = status.st_mode & S_IFMT == S_IFSOCK
        device = status.st_dev
        number = status.st_ino
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

extension SocketAddress {
    /// The path as C functions take it, or `nil` for an address that is not a path.
    fileprivate var pathBytes: [CChar]? {
        guard case .path(let bytes) = storage else { return nil }
        return bytes.map { CChar(bitPattern: $0) } + [0]
    }
}

extension Socket {
    /// Binds to a path where there is a file already, if the options and the file permit it.
    ///
    /// - Parameter error: what the first attempt to bind threw.
    func bind(toOccupied address: SocketAddress, _ options: BindOptions, after error: IOError) throws(IOError) {
        guard error.code == .addressInUse, let path = address.pathBytes else { throw error }
        guard let stale = try Self.staleFile(at: path, address) else { throw error }
        guard options.contains(.replaceStaleSocket) else {
            let detail =
                "\(address): no process uses this socket file any more; remove it, or bind with replaceStaleSocket"
            throw IOError("bind", errno: .addressInUse, detail: detail)
        }
        // Of two processes that find the file stale, one must not remove what the other has just bound.
        let lock = try Self.lockFolder(of: path, address)
        guard try Self.staleFile(at: path, address) == stale else { throw error }
        _ = unsafe unlink(path)
        try bind(to: address)
        lock.close()
    }

    /// The file of a socket that is gone; `nil` when a socket is bound to it, and when there is no file any more.
    ///
    /// - Throws: `addressInUse` for a file that is not a socket.
    private static func staleFile(at path: [CChar], _ address: SocketAddress) throws(IOError) -> FileIdentity? {
        guard let file = FileIdentity(at: path) else { return nil }
        guard file.isSocket else {
            let detail = "\(address): there is a file that is not a socket; it is never replaced"
            throw IOError("bind", errno: .addressInUse, detail: detail)
        }
        // A connection would disturb a server that is alive. A datagram socket finds out without one: the kernel looks for
        // the socket first, and only then at its kind.
        let probe = try Socket(.unix, .datagram)
        do throws(IOError) {
            _ = try probe.connect(to: address)
            return nil
        } catch {
            return error.code == .connectionRefused ? file : nil
        }
    }

    private static func lockFolder(of path: [CChar], _ address: SocketAddress) throws(IOError) -> Descriptor {
        let slash = CChar(bitPattern: UInt8(ascii: "/"))
        let dot = CChar(bitPattern: UInt8(ascii: "."))
        let folder = path.lastIndex(of: slash).map { path[...$0] + [dot, 0] } ?? [dot, 0]
        let result = unsafe folder.withUnsafeBufferPointer { unsafe clinux_lock_folder($0.baseAddress) }
        guard result != -EAGAIN else {
            let detail = "\(address): another process is replacing a socket file in this folder now; try again"
            throw IOError("bind", errno: .addressInUse, detail: detail)
        }
        return Descriptor(number: try checked("flock", result, detail: address.description))
    }
}
