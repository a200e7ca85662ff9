import Testing

/// The chat room with tasks, under users who do not read. The rest of what it does is in the transcripts.
@Suite("The chat room with tasks", .serialized, .enabled(if: has("python3")))
struct ChatOnTasksDemoTests {
    private static let arguments = ["chat", "--api", "async", "--grace", "3600"]

    @Test("Who never reads is dropped; nobody else loses a line", arguments: DemoVariant.engines)
    func deafMember(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(Self.arguments, on: variant)
        let end = try Program.run(["python3", client("chat_crowd"), server.port, "20", "50"])
        #expect(end.output == "nobody lost a line\nthe one was dropped\n", "\(end.errors)")
        #expect(try server.stop().contains("members: 21, "))
    }

    @Test("Who is dropped is told so, after whole lines", arguments: DemoVariant.engines)
    func lastWords(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(Self.arguments, on: variant)
        let script = "python3 \(client("chat_window")) \(server.port) 3 < /dev/null"
        let end = try Program.run(["sh", "-c", script])
        #expect(end.output == "* you were dropped: you read too slowly\n", "\(end.errors)")
        #expect(try server.stop() == "members: 3, lines: 3000, dropped: 1, refused: 0\n")
    }
}
