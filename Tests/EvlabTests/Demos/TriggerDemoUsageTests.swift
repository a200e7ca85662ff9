import Testing

@Suite("The command lines of the demonstrations of triggers")
struct TriggerDemoUsageTests {
    private static let misuses: [([String], [String])] = [
        (["trace", "--mode", "sideways"], ["sideways", "lt-oneshot"]),
        (["demo", "lt-et", "--port", "65535"], ["65535", "65534"]),
        (["demo", "lt-et", "--limit", "0"], ["--limit", "0.01"]),
        (["demo", "lt-et", "--limit", "nan"], ["nan", "3600"]),
        (["demo", "lt-et", "--limit", "-1"], ["'-1'", "3600"]),
        (["trace", "--script", "w5 end w5"], ["'write 5'", "before 'end'"]),
        (["demo", "oneshot", "--workers", "0"], ["--workers", "64"]),
        (["demo", "oneshot", "--work", "nan"], ["nan", "3600"]),
        (["demo", "oneshot", "--engine", "libevent", "--oneshot-listener"], ["--oneshot-listener", "native"]),
        (["demo", "stale", "now"], ["now"]),
        (["demo", "oob", "--host", "nowhere.invalid"], ["nowhere.invalid", "127.0.0.1"]),
    ]

    @Test("A usage error is one line that names the value and the remedy, and code 64", arguments: misuses)
    func misuse(_ arguments: [String], _ expected: [String]) throws {
        let end = try Program.runEvlab(arguments)
        #expect(end.code == 64)
        #expect(end.output.isEmpty)
        #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        for word in expected { #expect(end.errors.contains(word), "\(end.errors)") }
    }

    @Test(
        "The help says what to type and what to watch",
        arguments: [
            ("lt-et", ["nc -N 127.0.0.1 9000", "9001", "--blocking"]),
            ("oneshot", ["nc 127.0.0.1 9000", "--no-oneshot"]),
            ("stale", ["ada", "number"]), ("oob", ["MSG_OOB", "Watch"]),
        ]
    )
    func help(_ demo: String, _ words: [String]) throws {
        let end = try Program.runEvlab(["demo", demo, "--help"])
        #expect(end.code == 0)
        for word in words { #expect(end.output.contains(word)) }
        #expect(try Program.runEvlab(["demo", "list"]).output.contains("\(demo): "))
    }
}
