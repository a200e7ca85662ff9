/// A client in an array.
final class Guest {
    let connection: Client

    init(_ connection: consuming Client) {
        self.connection = consume connection
    }
}
