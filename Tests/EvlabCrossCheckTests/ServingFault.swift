import EvlabCrossCheck
import Libevent
import Readiness

/// The ways in which a server is broken, to see that it is found out.
enum ServingFault: String, CaseIterable, Codable, Sendable {
    case altersAByte, losesAByte, repeatsAPiece, losesWhatWaits
    case losesTheEnd, endsTooSoon, resetsAtTheEnd, refusesTheSecond
    case mixesInOutOfBandBytes, missesWhoHasGone

    /// What a client may see of it.
    var events: [String] {
        switch self {
        case .altersAByte: ["a wrong byte"]
        case .losesAByte: ["a wrong byte"]
        case .losesWhatWaits: ["a wrong byte", "half-closed"]
        case .mixesInOutOfBandBytes, .repeatsAPiece: ["a wrong byte", "more than was due"]
        case .losesTheEnd, .missesWhoHasGone: ["silence"]
        case .endsTooSoon, .refusesTheSecond: ["half-closed", "failed"]
        case .resetsAtTheEnd: ["failed"]
        }
    }

    /// A script that is as good as any to find it; `nil` where random ones find it soon.
    var script: ServingScript? {
        switch self {
        // Silence takes its time, every time that a script is tried: these end in it only where nothing else can be seen.
        case .losesTheEnd: ServingScript(.echo, [.connect(0), .send(0, bytes: 9), .receiveAll(0), .end(0)])
        case .losesAByte: ServingScript(.echo, [.connect(0), .send(0, bytes: 300), .receiveAll(0), .end(0)])
        // More than the kernel holds for a client that does not read, and then the end.
        case .losesWhatWaits: ServingScript(.echo, [.connect(0), .send(0, bytes: 300_000), .end(0)])
        case .endsTooSoon: ServingScript(.echo, [.connect(0), .send(0, bytes: 300), .send(0, bytes: 7), .end(0)])
        case .missesWhoHasGone:
            ServingScript(.chat, [.connect(0), .introduce(0), .connect(1), .introduce(1), .sayTooMuch(1), .reset(0)])
        default: nil
        }
    }

    /// Whom it breaks.
    var victim: ServerName {
        switch self {
        case .missesWhoHasGone, .altersAByte: ServerName(.chat, .callbacks(.libevent(.poll), .level))
        default: ServerName(.echo, .chunks(.libevent(.poll)))
        }
    }
}
