internal import CLibevent

/// What ends a line. Each is one of libevent's `enum evbuffer_eol_style`.
public enum LineEnding: Hashable, Sendable, CaseIterable {
    /// CR LF, or LF alone: what text protocols of the internet should accept (EVBUFFER_EOL_CRLF).
    case crlf
    /// CR LF and nothing else (EVBUFFER_EOL_CRLF_STRICT).
    case strictCRLF
    /// LF; a CR before it belongs to the line (EVBUFFER_EOL_LF).
    case lf
    /// A zero byte (EVBUFFER_EOL_NUL).
    case nul
    /// Any run of CR and LF (EVBUFFER_EOL_ANY). ``EventBuffer/readLine(_:longest:)`` takes a run as one however it arrives,
    /// and so returns no empty line; ``EventBuffer/firstLineEnd(_:from:)`` finds the part that is there.
    case any

    var style: evbuffer_eol_style {
        switch self {
        case .crlf: EVBUFFER_EOL_CRLF
        case .strictCRLF: EVBUFFER_EOL_CRLF_STRICT
        case .lf: EVBUFFER_EOL_LF
        case .nul: EVBUFFER_EOL_NUL
        case .any: EVBUFFER_EOL_ANY
        }
    }
}
