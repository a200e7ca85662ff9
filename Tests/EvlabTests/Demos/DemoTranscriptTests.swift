import Testing

@Suite(.serialized)
struct DemoTranscriptTests {
    @Test(
        "A client sees the same on both engines and every method, and nothing is left behind",
        arguments: DemoScript.all,
        DemoVariant.all
    )
    func transcript(_ script: DemoScript, _ variant: DemoVariant) throws {
        var server = try DemoServer.start(script.arguments, on: variant, places: script.places)
        let transcript = try script.run(&server)
        #expect(transcript == script.transcript)
    }
}
