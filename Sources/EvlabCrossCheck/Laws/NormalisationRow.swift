/// The documented differences between what `poll(2)` says and what another observer makes of the same state. Each was seen
/// in C first; a difference that no row explains is a finding, and so is a row that does not hold any more.
package enum NormalisationRow: String, Hashable, Sendable, CaseIterable {
    case selectHangUp = "select shows a hang-up as readable"
    case selectError = "select shows an error as readable and writable"
    case selectPeerClosed = "select cannot say that the peer has shut its half"
    case epollRefusesFiles = "epoll refuses files that never block"
    case reactorDirections = "the reactor shows a hang-up or an error also as what was asked for"
    case reactorPaused = "the reactor reports nothing where nothing is asked for"
    case libeventOutOfBand = "libevent cannot say that out-of-band data is there"
    case libeventSelectHangUp = "libevent's select shows a hang-up as readable"
    case libeventSelectError = "libevent's select shows an error as readable and writable"
    case libeventPollHangUp = "libevent's poll shows a hang-up as readable and writable"
    case libeventPollError = "libevent's poll shows an error as readable and writable"
    case libeventEpollHangUp = "libevent's epoll shows a hang-up as readable and writable, unless its close does"
    case libeventEpollError = "libevent's epoll shows an error as readable and writable"
    case libeventEpollPeerClosed = "libevent's epoll drops the peer's shut half where there is an error"
    case emptyInterestOnce = "with nothing asked for, an error or a hang-up is reported once"
}
