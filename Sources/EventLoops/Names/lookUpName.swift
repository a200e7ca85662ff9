internal import CLinux
internal import Glibc
package import Sockets
package import SystemPackage

/// Asks the system for the addresses of a name, in the order in which they should be tried (`getaddrinfo(3)`). Blocks.
func lookUpName(_ name: String) -> Result<[SocketAddress], IOError> {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = CInt(bitPattern: SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    // The function sets it in some cases only.
    errno = 0
    let result = unsafe getaddrinfo(name, nil, &hints, &list)
    let code = errno
    defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
    guard result == 0 else { return .failure(IOError(lookingUp: name, result, errno: Errno(rawValue: code))) }
    var addresses: [SocketAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
        if let address = unsafe address(of: entry) { addresses.append(address) }
        unsafe next = entry.pointee.ai_next
    }
    return .success(addresses)
}

private func address(of entry: UnsafePointer<addrinfo>) -> SocketAddress? {
    let length = unsafe entry.pointee.ai_addrlen
    guard let source = unsafe entry.pointee.ai_addr, Int(length) <= MemoryLayout<sockaddr_storage>.size
    else { return nil }
    var storage = sockaddr_storage()
    unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: source, count: Int(length)))
    }
    return SocketAddress(storage, length: length)
}

extension IOError {
    /// A failure of `getaddrinfo(3)`.
    ///
    /// - Parameters:
    ///   - result: what the function returned.
    ///   - errno: what it left in `errno`.
    package init(lookingUp name: String, _ result: CInt, errno: Errno) {
        let lacks = [Errno.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory].contains(errno)
        // A lookup that could not open its files or its sockets may report an unknown name.
        if result == EAI_SYSTEM || lacks {
            self.init("getaddrinfo", errno: errno, detail: name)
            return
        }
        let text = unsafe String(cString: gai_strerror(result))
        self.init("getaddrinfo", Self.code(ofLookup: result), detail: "\(name): \(text)")
    }

    private static func code(ofLookup result: CInt) -> Code {
        switch result {
        case EAI_NONAME, noData, noAddressOfFamily: .notFound
        case EAI_AGAIN, EAI_FAIL: .nameServerFailed
        case EAI_MEMORY: .noMemory
        default: .system
        }
    }

    /// EAI_NODATA and EAI_ADDRFAMILY, which are extensions of glibc: the name exists, but has no address.
    private static let (noData, noAddressOfFamily): (CInt, CInt) = (-5, -9)
}
