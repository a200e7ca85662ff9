// swift-tools-version: 6.2

import PackageDescription

let nio: [Target.Dependency] = [
    "CPeer", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
]

// Servers of other makes, which `evlab compare` measures beside ours once they are built. A package of its own, so that nobody
// who uses the libraries fetches them.
let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2")
    ],
    targets: [
        .target(name: "CPeer"),
        .executableTarget(name: "peer-libuv", dependencies: ["CPeer"], linkerSettings: [.linkedLibrary("uv")]),
        .executableTarget(name: "peer-libev", dependencies: ["CPeer"], linkerSettings: [.linkedLibrary("ev")]),
        .executableTarget(name: "peer-dispatch", dependencies: ["CPeer"], swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(name: "peer-nio", dependencies: nio, swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(name: "peer-nio-async", dependencies: nio, swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
