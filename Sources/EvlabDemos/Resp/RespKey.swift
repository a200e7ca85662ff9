/// The name of a value: bytes, whatever they are.
struct RespKey: Hashable {
    let bytes: [UInt8]

    /// All bytes in one step: an array's own way takes one step each.
    func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}
