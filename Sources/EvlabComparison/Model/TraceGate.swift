/// What stands before every measurement: all subjects have done the same script, and must have done the same.
public enum TraceGate {
    /// The first difference between the traces, in one line; `nil` when they are equal.
    public static func firstDifference(_ workload: Workload, _ traces: [(name: String, lines: [String])]) -> String? {
        guard let first = traces.first else { return nil }
        for other in traces.dropFirst() {
            for step in 0..<max(first.lines.count, other.lines.count) {
                let (expected, got) = (line(step, of: first.lines), line(step, of: other.lines))
                guard expected != got else { continue }
                let place = "\(workload.rawValue), step \(step + 1) of the script"
                return "\(place): \(other.name) says '\(got)' where \(first.name) says '\(expected)'"
            }
        }
        return nil
    }

    private static func line(_ step: Int, of lines: [String]) -> String {
        step < lines.count ? lines[step] : "nothing"
    }
}
