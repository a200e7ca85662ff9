/// What an echo comparison measures, and for how long.
public struct EchoOptions: Sendable {
    /// The servers; the others are compared with the first. At least one.
    public var subjects = EchoSubject.allCases
    public var cells = [EchoCell(connections: 50, size: 64), EchoCell(connections: 50, size: 16_384)]
    /// How often each server is measured in each cell; at least 1.
    public var rounds = 5
    /// How long each measurement takes, in seconds.
    public var seconds = 0.3
    /// How long a server is warmed up before, in seconds.
    public var warmUp = 0.1
    /// The method of the servers on libevent, by libevent's name.
    public var method = "epoll"
    /// Decides the order of the measurements and the bytes of the check.
    public var seed: UInt64

    public init(seed: UInt64) {
        self.seed = seed
    }
}
