import Glibc
import Testing

/// The wall clock may be set at any time; nobody's time-out may depend on it.
@Suite(.serialized)
struct WallClockTests {
    /// The library that makes the clock jump, compiled for the occasion.
    private static func jumpingClock(in folder: String) throws -> String {
        let library = folder + "/jumping_clock.so"
        let source = source("Tests/EvlabTests/Clients/jumping_clock.c")
        let end = try Program.run(["clang", "-shared", "-fPIC", "-O1", "-o", library, source])
        guard end.code == 0 else { throw Program.Failure(description: end.errors) }
        return library
    }

    @Test(
        "fault 27: a wall clock that jumps by days closes nobody too early or too late",
        .bug(id: "wall-clock-jump"),
        .enabled(if: has("clang", "python3")),
        arguments: DemoVariant.all
    )
    func jumps(_ variant: DemoVariant) throws {
        let folder = try String(Program.run(["mktemp", "-d"]).output.dropLast())
        defer { _ = try? Program.run(["rm", "-r", folder]) }
        var server = try DemoServer.start(
            ["idle", "--after", "0.3", "--with", "heap", "--spread"],
            on: variant,
            // The sanitizer wants to be first, and need not be for what is done here.
            environment: ["LD_PRELOAD=" + Self.jumpingClock(in: folder), "ASAN_OPTIONS=verify_asan_link_order=0"]
        )
        let end = try Program.run(["python3", client("idle_crowd"), server.port, "10", "0.3"])
        #expect(end.output == "all were told, none too early\n", "\(end.errors)")
        _ = try server.stop()
    }
}
