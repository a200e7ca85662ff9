internal import Glibc

/// How many descriptors there may be.
struct DescriptorLimits {
    /// Of this process (`getrlimit(2)`): what holds, and what it may be raised to.
    let soft: Int
    let hard: Int
    /// Of the system (`proc(5)`), where it tells.
    private let system: [TableSection.Setting]

    static var current: DescriptorLimits {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let files = [
            ("most in a process (nr_open)", "/proc/sys/fs/nr_open"),
            ("most open files in the system (file-max)", "/proc/sys/fs/file-max"),
            ("most registrations of epoll a user (max_user_watches)", "/proc/sys/fs/epoll/max_user_watches"),
        ]
        let system = files.compactMap { name, path in
            readFile(path)?.split(separator: "\n").first.map { TableSection.Setting(name: name, value: String($0)) }
        }
        return DescriptorLimits(
            soft: Int(clamping: limit.rlim_cur),
            hard: Int(clamping: limit.rlim_max),
            system: system
        )
    }

    var settings: [TableSection.Setting] {
        [
            .init(name: "this process (ulimit -n, raised by evlab to the hard limit)", value: String(soft)),
            .init(name: "its hard limit (ulimit -Hn)", value: String(hard)),
        ] + system
    }
}
