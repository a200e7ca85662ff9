/// The ratios of a subject: the draws behind their intervals take time, so they are made once.
struct Judgement: Sendable {
    let ratio: PairedRatio?
    let cpuRatio: PairedRatio?
    let ratioToTwin: PairedRatio?
}
