/// A kind of work that is compared.
public enum Workload: String, CaseIterable, Sendable {
    case echo, pipeline, latency, accept, idle, pipes, cascade, timers, wake, fanout, udp

    /// What is done, for people.
    public var explanation: String {
        switch self {
        case .echo: "a message goes to the server and comes back before the next is sent"
        case .pipeline: "several messages of each connection are under way at a time"
        case .latency: "messages at a fixed rate; a delay counts from the time at which a message was due"
        case .accept: "connect, one message, reset; again and again"
        case .idle: "many connections, of which ten are active"
        case .pipes: "a byte read from one of many socket pairs has another written to the next pair"
        case .cascade: "every pair is watched anew, then a byte runs through all of them"
        case .timers: "many timers are inserted and cancelled in another order, or fire"
        case .wake: "a thread wakes the loop of another and is woken in turn"
        case .fanout: "what one connection sends, the server sends to all"
        case .udp: "datagrams are echoed"
        }
    }

    /// What one operation is.
    public var operation: String {
        switch self {
        case .echo, .pipeline, .latency, .idle: "message"
        case .accept: "connection"
        case .pipes, .cascade: "byte"
        case .timers: "timer"
        case .wake: "round trip"
        case .fanout: "delivery"
        case .udp: "datagram"
        }
    }

    /// What grows along a series.
    public var axis: String {
        switch self {
        case .echo, .idle, .latency: "connections"
        case .pipeline: "messages under way on each of 10 connections"
        case .accept: "clients at a time"
        case .pipes, .cascade: "socket pairs"
        case .timers: "timers"
        case .wake: "wakes under way"
        case .fanout: "receivers"
        case .udp: "datagrams under way"
        }
    }

    /// Whether a server is compared, in a process of its own, under the load of another process.
    public var hasServer: Bool {
        switch self {
        case .echo, .pipeline, .latency, .accept, .idle, .fanout, .udp: true
        case .pipes, .cascade, .timers, .wake: false
        }
    }

    /// Whether its operations can be counted out, so that the instructions of one can be told.
    public var isCountable: Bool {
        switch self {
        case .echo, .pipeline, .pipes, .timers: true
        case .latency, .accept, .idle, .cascade, .wake, .fanout, .udp: false
        }
    }

    /// Whether the CPU time of a server tells more than messages a second, which the load generator limits.
    var isJudgedByCPU: Bool { hasServer && self != .latency }
}
