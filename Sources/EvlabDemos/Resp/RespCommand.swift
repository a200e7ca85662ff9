/// The commands that `demo resp` knows.
enum RespCommand: String {
    case client, decr, decrby, del, echo, exists, expire, get, hello, incr, incrby, mget, mset, persist, pexpire, ping,
        psetex
    case pttl, quit, select, set, setex, ttl

    /// How many arguments it takes, its name not counted.
    var arguments: ClosedRange<Int> {
        switch self {
        case .hello, .quit: 0...Int.max
        case .ping: 0...1
        case .client, .del, .exists, .mget: 1...Int.max
        case .decr, .echo, .get, .incr, .persist, .pttl, .select, .ttl: 1...1
        case .decrby, .incrby: 2...2
        case .expire, .mset, .pexpire, .set: 2...Int.max
        case .psetex, .setex: 3...3
        }
    }
}
