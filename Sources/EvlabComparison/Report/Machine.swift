internal import CBaselines
internal import CLinux
internal import Glibc
internal import Sockets

/// Where and with what something was measured.
public struct Machine: Hashable, Sendable {
    public let kernel: String
    public let processor: String
    public let isVirtual: Bool
    public let cores: Cores
    public let clockSource: String
    /// The most descriptors that a process may have.
    public let descriptorLimit: Int
    public let libevent: String
    public let swift: String
    /// Whether this program was built without optimisation.
    public let isDebugBuild: Bool
    /// The commit that it was built in, where that can be told.
    public let revision: String?
    /// The load average of the last minute, before the measurements.
    public let load: String

    package init(
        kernel: String,
        processor: String,
        isVirtual: Bool,
        cores: Cores,
        clockSource: String,
        descriptorLimit: Int,
        libevent: String,
        swift: String,
        isDebugBuild: Bool,
        revision: String?,
        load: String
    ) {
        self.kernel = kernel
        self.processor = processor
        self.isVirtual = isVirtual
        self.cores = cores
        self.clockSource = clockSource
        self.descriptorLimit = descriptorLimit
        self.libevent = libevent
        self.swift = swift
        self.isDebugBuild = isDebugBuild
        self.revision = revision
        self.load = load
    }

    static func current(_ waiting: borrowing Waiting) throws(ComparisonFailure) -> Machine {
        let processors = readFile("/proc/cpuinfo") ?? ""
        let folder = try ownExecutable().split(separator: "/").dropLast().map { "/" + $0 }.joined()
        let describe = ["git", "-C", folder, "describe", "--always", "--dirty", "--abbrev=12"]
        return Machine(
            kernel: firstLine(in: "/proc/sys/kernel/osrelease"),
            processor: field("model name", of: processors) ?? "unknown",
            isVirtual: field("flags", of: processors)?.split(separator: " ").contains("hypervisor") ?? false,
            cores: .current,
            clockSource: firstLine(in: "/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            descriptorLimit: Int(max(0, clinux_raise_descriptor_limit())),
            libevent: unsafe String(cString: cbaseline_libevent_version()),
            swift: try swiftVersion(waiting),
            isDebugBuild: isDebug,
            revision: try firstLine(of: describe, waiting),
            load: loadAverage
        )
    }

    /// The load average of the last minute, now.
    static var loadAverage: String {
        firstLine(in: "/proc/loadavg").split(separator: " ").first.map(String.init) ?? "unknown"
    }

    /// Now, in universal time; empty where the clock cannot be read.
    static var date: String {
        var now = time(nil)
        var parts = unsafe tm()
        guard unsafe gmtime_r(&now, &parts) != nil else { return "" }
        func two(_ number: CInt) -> String { (number < 10 ? "0" : "") + String(number) }
        let day = "\(unsafe parts.tm_year + 1900)-\(unsafe two(parts.tm_mon + 1))-\(unsafe two(parts.tm_mday))"
        return "\(day) \(unsafe two(parts.tm_hour)):\(unsafe two(parts.tm_min)) UTC"
    }

    /// Whether other work took more than a quarter of the cores already before.
    var isBusy: Bool {
        (Double(load) ?? 0) > Double(cores.usable) / 4
    }

    private static var isDebug: Bool {
        #if DEBUG
            true
        #else
            false
        #endif
    }

    /// The compiler in the PATH, which built this in all likelihood.
    private static func swiftVersion(_ waiting: borrowing Waiting) throws(ComparisonFailure) -> String {
        let words = (try firstLine(of: ["swift", "--version"], waiting) ?? "").split(separator: " ")
        guard let index = words.firstIndex(of: "version"), index + 1 < words.endIndex else { return "6.2 or later" }
        return String(words[index + 1])
    }

    private static func firstLine(
        of command: [String],
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> String? {
        guard var child = try ChildProcess.start(command) else { return nil }
        do throws(ComparisonFailure) {
            _ = try child.finish(waiting)
            return try child.outputLines(waiting).first
        } catch {
            if error.isInterruption { throw error }
            return nil
        }
    }

    private static func firstLine(in path: String) -> String {
        readFile(path)?.split(separator: "\n").first.map(String.init) ?? "unknown"
    }

    private static func field(_ name: String, of text: String) -> String? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        return line.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
    }
}

extension Machine: CustomStringConvertible {
    public var description: String {
        let parts = [
            "Linux \(kernel)", "\(cores.usable) x \(processor)\(isVirtual ? " (virtual machine)" : "")",
            "libevent \(libevent)", "Swift \(swift), \(isDebugBuild ? "debug" : "release") build",
            revision.map { "commit \($0)" }, "clock \(clockSource)", "load \(load)", "\(descriptorLimit) descriptors",
        ]
        return parts.compactMap(\.self).joined(separator: " | ")
    }

    /// The description as JSON.
    public var json: JSONValue {
        .object([
            ("kernel", .string(kernel)), ("processor", .string(processor)), ("virtual", .bool(isVirtual)),
            ("cores", .integer(cores.usable)), ("pinned", .bool(cores.server != nil)),
            ("clockSource", .string(clockSource)), ("descriptorLimit", .integer(descriptorLimit)),
            ("libevent", .string(libevent)), ("swift", .string(swift)), ("debugBuild", .bool(isDebugBuild)),
            ("revision", revision.map(JSONValue.string) ?? .null), ("loadAverage", .string(load)),
        ])
    }
}
