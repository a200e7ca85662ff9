import EvlabComparison
import Glibc
import Testing

/// select, poll and epoll side by side, measured small.
@Suite("table")
struct TableTests {
    private static let small = ["table", "--watched", "40", "--runs", "2"]

    /// A line of the table by its label, without the label.
    private static func cells(_ label: String, _ output: String) throws -> [Substring] {
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("  " + label) }, "\(label)")
        return line.dropFirst(label.count + 2).split(separator: " ")
    }

    @Test("Each line says what this kernel does")
    func lines() throws {
        let end = try Program.runEvlab(Self.small)
        #expect(end.code == 0, "\(end.errors)")
        // Progress is for terminals.
        #expect(end.errors.isEmpty)
        let text = end.output
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        #expect(try Self.cells("still asked for after a wait", text) == ["1", "40", "40"])
        #expect(try Self.cells("a new arrival seen, nothing refilled", text) == ["no", "yes", "yes"])
        #expect(try Self.cells("a new arrival seen, refilled", text) == ["yes", "-", "-"])
        let places = try Self.cells("places looked at to find it", text)
        #expect(try #require(Int(places[0])) > 20)
        #expect(places[1...] == ["21", "1"])
        #expect(try Self.cells("places in C's fd_set", text) == ["1,024", "-", "-"])
        #expect(try Self.cells("descriptor 1,024, in a set of that size", text) == ["refused", "-", "-"])
        #expect(text.contains(", in one large enough"))
        let level = try Self.cells("level, a byte before waits 1 and 3", text).joined(separator: " ")
        #expect(level == "yes, yes, yes yes, yes, yes yes, yes, yes")
        let edge = try Self.cells("edge, a byte before waits 1 and 3", text).joined(separator: " ")
        #expect(edge == "there is none there is none yes, no, yes")
        #expect(text.contains("1,024 is the size of C's type"))
        #if DEBUG
            let verdicts = text.split(separator: "\n").filter { $0.hasPrefix("  Undecided: with all 40 active") }
            #expect(verdicts.count == 1)
        #endif
    }

    @Test("Few descriptors: it scales down and says so, and decides nothing that it cannot show")
    func fewDescriptors() throws {
        let command = ["sh", "-c", "ulimit -n 100 && exec \"$0\" \"$@\"", Program.evlabPath, "table", "--runs", "1"]
        let end = try Program.run(command)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output.hasPrefix("9900 pairs need more than 100 descriptors (ulimit -n): measuring 18\n"))
        #expect(end.output.contains("Undecided: this process may have no descriptor 1,024: ulimit -n is 100."))
        #expect(!end.output.contains("1,024 is the size of C's type"))
    }

    @Test("The record has every sample", .enabled(if: has("python3")))
    func json() throws {
        let path = "/tmp/evlab-table-\(getpid()).json"
        defer { unsafe unlink(path) }
        #expect(try Program.runEvlab(Self.small + ["--json", path]).code == 0)
        let check = """
            import json, sys
            t = json.load(open(sys.argv[1]))
            assert [s['title'] for s in t['sections']] == [
                'Event set', 'Finding the ready ones', 'Descriptors', 'Modes', 'Kernel']
            assert all(s['findings'] and list(s['claims']) == ['select', 'poll', 'epoll'] for s in t['sections'])
            assert [(c['watched'], c['active']) for c in t['costs']] == [(10, 1), (10, 10), (40, 1), (40, 40)]
            for cell in t['costs']:
                assert list(cell['subjects']) == ['select', 'poll', 'epoll', 'epoll, edge']
                for s in cell['subjects'].values():
                    assert len(s['microseconds']['samples']) == 2 and min(s['microseconds']['samples']) > 0
            print(t['mostWatched'], t['runs'], t['closing']['verdict'] in ('supported', 'corrected', 'undecided'))
            """
        let end = try Program.run(["python3", "-c", check, path])
        #expect(end.output == "40 2 True\n", "\(end.errors)")
    }

    @Test("The picture is XML, and says in words what it shows", .enabled(if: has("python3")))
    func picture() throws {
        let path = "/tmp/evlab-table-\(getpid()).svg"
        defer { unsafe unlink(path) }
        #expect(try Program.runEvlab(Self.small + ["--svg", path]).code == 0)
        let check = """
            import sys, xml.etree.ElementTree as tree
            s = '{http://www.w3.org/2000/svg}'
            root = tree.parse(sys.argv[1]).getroot()
            words = root.find(s + 'desc').text
            assert all(part in words for part in ['1 of 10 active: select', '40 of 40 active: select', 'epoll, edge'])
            places = [int(e.get(a)) for e in root.iter(s + 'circle') for a in ('cx', 'cy')]
            assert len(places) == 2 * 2 * 4 * 2 and min(places) > 0 and max(places) < 900
            text = open(sys.argv[1]).read()
            assert 'prefers-color-scheme: dark' in text and '@import' not in text and 'href' not in text
            print('fine')
            """
        let end = try Program.run(["python3", "-c", check, path])
        #expect(end.output == "fine\n", "\(end.errors)")
    }

    // MARK: Verdicts

    private static func cell(_ watched: Int, _ active: Int, _ costs: [[Double]]) -> WakeUpCell {
        var cell = WakeUpCell(watched: watched, active: active)
        cell.costs = costs.map { CostSamples(values: $0) }
        return cell
    }

    /// Costs of select, poll, epoll and epoll with edges, run by run, and what they say of epoll when all are active.
    @Test(
        "The closing claim: a verdict only where every run points in one direction",
        arguments: [
            ([[1.1, 1.2], [0.8, 0.9], [1.0, 1.0]], TableVerdict.supported),
            ([[0.9, 0.9], [1.1, 1.3], [1.0, 1.0]], .supported),
            ([[1.1, 1.2], [1.1, 1.1], [1.0, 1.0]], .corrected),
            ([[1.1, 1.2], [0.9, 1.1], [1.0, 1.0]], .undecided),
            // What slows a whole run does not count: it slowed all.
            ([[1.1, 11.0], [0.9, 9.0], [1.0, 10.0]], .supported),
            ([[1.1, 1.2], [1.0, 1.0], [1.0, 1.0]], .undecided),
        ]
    )
    func closing(_ costs: [[Double]], _ expected: TableVerdict) {
        let costs = WakeUpCosts(cells: [Self.cell(10, 10, costs + [[1, 1]])])
        #expect(costs.closing?.verdict == expected)
    }

    @Test("Growth: epoll's must lie apart from the others' in every run")
    func growth() {
        let first = Self.cell(10, 1, [[1, 1], [1, 1], [1, 1], [1, 1]])
        let clear = Self.cell(1000, 1, [[30, 40], [20, 25], [1, 2], [1, 2]])
        let unclear = Self.cell(1000, 1, [[30, 40], [1.5, 25], [1, 2], [1, 2]])
        #expect(WakeUpCosts(cells: [first, clear]).growth?.verdict == .supported)
        #expect(WakeUpCosts(cells: [first, unclear]).growth?.verdict == .undecided)
        #expect(WakeUpCosts(cells: [first]).growth == nil)
    }

    @Test(
        "Sizes that cannot be are refused by name",
        arguments: [("--watched", "9"), ("--watched", "1000001"), ("--runs", "0"), ("--runs", "1001")]
    )
    func misuse(_ option: String, _ value: String) throws {
        let end = try Program.runEvlab(["table", option, value])
        #expect(end.code == 64)
        #expect(end.errors.contains("\(option) \(value)"))
    }

    @Test("What cannot be written is a failure before any work", arguments: ["--json", "--svg"])
    func unwritable(_ option: String) throws {
        let end = try Program.runEvlab(["table", option, "/nowhere/at/all"])
        #expect(end.code == 1)
        #expect(end.output.isEmpty)
        #expect(end.errors.contains("/nowhere/at/all"))
    }
}
