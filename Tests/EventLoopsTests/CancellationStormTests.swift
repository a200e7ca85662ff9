import Testing

@Suite(.serialized, .timeLimit(.minutes(10)))
struct CancellationStormTests {
    /// Not select: connections that finish take more descriptors than it can name.
    private static let kinds = [EngineKind.native, .nativePoll, .libevent, .libeventChangelist, .libeventPoll]

    @Test(
        "10,000 cancellations at random under load: each task ends once, and no other notices",
        .bug(id: "cancel-races-success"),
        arguments: kinds
    )
    func storm(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in try await CancellationStorm.run(kind) }
    }
}
