// swift-tools-version: 6.2

import PackageDescription

/// The rules of the house, for every Swift target.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "swift-libevent",
    products: [
        .library(name: "EventLoops", targets: ["EventLoops"]),
        .library(name: "Libevent", targets: ["Libevent"]),
        .library(name: "Multiplexing", targets: ["Multiplexing"]),
        .library(name: "Readiness", targets: ["Readiness"]),
        .library(name: "Sockets", targets: ["Sockets"]),
        .executable(name: "evlab", targets: ["evlab"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibevent", providers: [.apt(["libevent-dev"]), .brew(["libevent"])]),
        .target(name: "CLinux"),
        .target(name: "CBaselines", dependencies: ["CLibevent"]),
        .target(name: "SeededRandom", swiftSettings: house),

        .target(name: "Sockets", dependencies: ["CLinux", system], swiftSettings: house),
        .target(name: "Readiness", dependencies: ["Sockets", "CLinux", system], swiftSettings: house),
        .target(
            name: "Multiplexing",
            dependencies: ["Readiness", "Sockets", "CLinux", system],
            swiftSettings: house
        ),
        .target(
            name: "Libevent",
            dependencies: ["Readiness", "Sockets", "CLibevent", "CLinux", system],
            swiftSettings: house
        ),

        .target(
            name: "EventLoops",
            dependencies: ["Libevent", "Multiplexing", "Readiness", "Sockets", "CLinux", system],
            swiftSettings: house
        ),

        .target(
            name: "EvlabDemos",
            dependencies: ["EventLoops", "Libevent", "Multiplexing", "Readiness", "Sockets", "CLinux", system],
            swiftSettings: house
        ),
        .target(
            name: "EvlabCrossCheck",
            dependencies: [
                "EventLoops", "EvlabDemos", "Libevent", "Multiplexing", "Readiness", "SeededRandom", "Sockets",
                "CLinux", system,
            ],
            swiftSettings: house
        ),
        .target(
            name: "EvlabComparison",
            dependencies: [
                "CBaselines", "CLinux", "Libevent", "Multiplexing", "Readiness", "SeededRandom", "Sockets", system,
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: house
        ),
        .executableTarget(
            name: "evlab",
            dependencies: [
                "CBaselines", "CLinux", "EventLoops", "EvlabComparison", "EvlabCrossCheck", "EvlabDemos", "Libevent",
                "Multiplexing", "Readiness", "Sockets", system,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house
        ),

        .target(
            name: "FaultTools",
            dependencies: ["Sockets", "CLinux", system],
            path: "Tests/FaultTools",
            swiftSettings: house
        ),
        .testTarget(
            name: "SocketsTests",
            dependencies: ["FaultTools", "SeededRandom", "Sockets", "CLinux", system],
            swiftSettings: house
        ),
        .testTarget(
            name: "ReadinessTests",
            dependencies: ["FaultTools", "Readiness", "Sockets", "CLinux", system],
            swiftSettings: house
        ),
        .testTarget(
            name: "MultiplexingTests",
            dependencies: ["FaultTools", "Multiplexing", "Readiness", "SeededRandom", "Sockets", "CLinux", system],
            swiftSettings: house
        ),
        .testTarget(
            name: "LibeventTests",
            dependencies: ["FaultTools", "Libevent", "Readiness", "SeededRandom", "Sockets", "CLinux", system],
            swiftSettings: house
        ),
        .testTarget(
            name: "EngineTests",
            dependencies: ["FaultTools", "Libevent", "Multiplexing", "Readiness", "Sockets", "CLinux", system],
            swiftSettings: house
        ),
        .testTarget(
            name: "EvlabCrossCheckTests",
            dependencies: [
                "CBaselines", "EventLoops", "EvlabCrossCheck", "Libevent", "Multiplexing", "Readiness", "Sockets",
                "CLinux", system,
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "EventLoopsTests",
            dependencies: [
                "CBaselines", "EventLoops", "FaultTools", "Libevent", "Multiplexing", "Readiness", "SeededRandom",
                "Sockets", "CLinux", system,
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "EvlabTests",
            dependencies: [
                "evlab", "EvlabComparison", "EvlabDemos", "Libevent", "Readiness", "SeededRandom", "Sockets", "CLinux",
                system,
            ],
            exclude: ["Clients"],
            swiftSettings: house
        ),
    ]
)

// The sanitizers run the tests of the libraries alone: without the command and its tests their builds take half the time.
if Context.environment["SWIFT_LIBEVENT_LIBRARIES_ONLY"] == "1" {
    package.products.removeAll { $0.name == "evlab" }
    package.targets.removeAll { $0.name.lowercased().hasPrefix("evlab") }
}
