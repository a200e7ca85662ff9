import Sockets
import Testing

/// Expects that `body` fails with an ``IOError`` of this kind.
func expectError<R>(
    _ code: IOError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> R
) {
    do {
        _ = try body()
        Issue.record("no error, where \(code) was expected", sourceLocation: sourceLocation)
    } catch let error as IOError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}
