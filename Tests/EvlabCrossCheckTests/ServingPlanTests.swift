import Testing

@testable import EvlabCrossCheck

/// What a script for clients is worked out to.
@Suite
struct ServingPlanTests {
    @Test(
        "Whoever came last must have waited for something, else a server may accept it later",
        arguments: [
            ([.connect(0), .reset(0)], true), ([.connect(0), .close(0)], true), ([.connect(0), .end(0)], false),
            ([.connect(0), .send(0, bytes: 1)], false),
            ([.connect(0), .send(0, bytes: 1), .receiveAll(0), .connect(1), .close(1)], true),
            ([.connect(0), .send(0, bytes: 1), .receiveAll(0), .close(0)], false), ([], false),
        ] as [([ServingStep], Bool)]
    )
    func unseen(_ steps: [ServingStep], _ mayEndUnseen: Bool) {
        #expect(ServingPlan(ServingScript(.echo, steps)).mayEndUnseen == mayEndUnseen)
    }
}
