/// One line of the table with which tutorials end: what they say of select, poll and epoll, and what was measured just now.
public struct TableSection: Hashable, Sendable {
    /// Something that was measured of each of the three.
    public struct Row: Hashable, Sendable {
        public let label: String
        /// Of select, poll and epoll; `null` where there was nothing to measure.
        public let cells: [JSONValue]
    }

    /// A figure of the process or the system that belongs here.
    public struct Setting: Hashable, Sendable {
        public let name: String
        public let value: String
    }

    public let title: String
    /// What is said of select, poll and epoll.
    public let claims: [String]
    public let rows: [Row]
    public internal(set) var settings: [Setting] = []
    public let findings: [TableFinding]
}
