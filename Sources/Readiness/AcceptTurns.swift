internal import CLinux
package import Sockets
internal import SystemPackage

/// Turns of accepting from a socket that somebody else owns; what they do is said at ``Acceptor``.
package struct AcceptTurns: ~Copyable {
    private let budget: Int
    private let exhaustion: Acceptor.Exhaustion
    private var reserve: Descriptor?

    package init<Handle: SocketHandle & ~Copyable & ~Escapable>(
        on socket: borrowing Handle,
        budget: Int,
        whenExhausted exhaustion: Acceptor.Exhaustion
    ) throws(IOError) {
        guard budget >= 1 else {
            throw IOError("Acceptor", .invalidArgument, detail: "a budget of \(budget) accepts nothing; use 1 or more")
        }
        guard try socket.value(of: .isListening) else {
            throw IOError(
                "Acceptor",
                .invalidArgument,
                detail: "the socket does not listen; call listen(backlog:) first"
            )
        }
        reserve = exhaustion == .shed ? try Self.makeReserve() : nil
        self.budget = budget
        self.exhaustion = exhaustion
    }

    /// The most connections that can wait for a socket that listens with a backlog: the kernel has one more than it was
    /// asked for, and takes a negative number for its own limit (`listen(2)`).
    package static func mostWaiting(backlog: Int) -> Int {
        let backlog = Int(CInt(clamping: backlog))
        return backlog < 0 ? 65_536 : backlog + 1
    }

    private static func makeReserve() throws(IOError) -> Descriptor {
        Descriptor(number: try checked("open", clinux_open_null()))
    }

    package mutating func accept<Handle: SocketHandle & ~Copyable & ~Escapable>(
        from socket: borrowing Handle,
        while goesOn: () -> Bool,
        _ body: (consuming AcceptedSocket) -> Void
    ) -> Acceptor.Outcome {
        // Another thread may have been faster when the reserve was last given up: without it nothing can be shed.
        if exhaustion == .shed, reserve == nil { restoreReserve() }
        for _ in 0..<budget {
            guard goesOn() else { return .budgetSpent }
            do throws(IOError) {
                guard let accepted = try socket.accept() else { return .drained }
                body(accepted)
            } catch {
                // Of a socket that listens this is an error of the network, pending on a connection that failed.
                if error.errno == .notSupportedOnSocket, Self.listens(socket) { continue }
                return outcome(of: socket, after: error)
            }
        }
        return .budgetSpent
    }

    private static func listens<Handle: SocketHandle & ~Copyable & ~Escapable>(_ socket: borrowing Handle) -> Bool {
        (try? socket.value(of: .isListening)) ?? false
    }

    private mutating func outcome<Handle: SocketHandle & ~Copyable & ~Escapable>(
        of socket: borrowing Handle,
        after error: IOError
    ) -> Acceptor.Outcome {
        guard Self.listens(socket) else { return .failed(error) }
        guard exhaustion == .shed, error.errno == .tooManyOpenFiles else {
            return .pause(Acceptor.pause, because: error)
        }
        guard let spare = reserve.take() else { return .pause(Acceptor.pause, because: error) }
        spare.close()
        defer { restoreReserve() }
        return shed(socket)
    }

    /// Closes at most a budget of connections.
    private func shed<Handle: SocketHandle & ~Copyable & ~Escapable>(
        _ socket: borrowing Handle
    ) -> Acceptor.Outcome {
        var count = 0
        while count < budget {
            do throws(IOError) {
                // The kernel reserves a number before it looks for a connection, so there may have been none.
                guard let accepted = try socket.accept() else { return count > 0 ? .shed(count) : .drained }
                accepted.intoSocket().closeUnserved()
                count += 1
            } catch {
                // Another thread was faster and has taken the number.
                return count > 0 ? .shed(count) : .pause(Acceptor.pause, because: error)
            }
        }
        return .shed(count)
    }

    private mutating func restoreReserve() {
        reserve = try? Self.makeReserve()
    }
}
