public import Sockets

/// A program whose end an engine waits for. Thread rule: the engine's thread.
public final class ChildWatch<Engine: EventEngine> {
    private var process: ChildIdentity
    private var watch: Engine.Watch?

    init(_ process: consuming ChildIdentity) {
        self.process = process
    }

    func begin(_ descriptor: consuming Descriptor, on engine: Engine, _ handler: @escaping (ProgramEnd) -> Void)
        throws(IOError)
    {
        // The engine keeps the watch, and the watch keeps this.
        watch = try engine.watch(descriptor, for: .readable) { [self] watch, _ in
            guard let status = process.exitStatus() else { return }
            watch.close()
            handler(status)
        }
    }

    /// The number of its process; it may be another's once the program has ended and the handler was called.
    public var number: CInt { process.number }

    /// Sends it a signal, as ``Child/send(_:)`` does. Nothing happens when it has ended.
    public func send(_ signal: Signal) throws(IOError) {
        try process.send(signal)
    }

    /// Stops waiting. If the program still runs, it is killed when nobody holds this any more.
    public func cancel() {
        watch.take()?.close()
    }
}

extension EventEngine {
    /// Calls back when a program has ended. The engine keeps it until then; if the engine goes first, the program is killed.
    ///
    /// - Throws: as ``watch(_:for:trigger:_:)`` does; the program is then killed.
    @discardableResult
    public func watchExit(
        of child: consuming Child,
        _ handler: @escaping (ProgramEnd) -> Void
    ) throws(IOError) -> ChildWatch<Self> {
        try child.split { (process, descriptor) throws(IOError) in
            let watch = ChildWatch<Self>(process)
            try watch.begin(descriptor, on: self, handler)
            return watch
        }
    }
}
