// swift-tools-version: 6.1
// The package: layers from pure values (Segmenter, HLS, Wire) up to the executable; imports point down only.

import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "streammachine",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(
            url: "https://github.com/apple/swift-configuration",
            from: "1.4.0",
            traits: ["JSON", "CommandLineArguments"]
        ),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    ],
    targets: [
        // L0: C libraries.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        .target(name: "CChecksum"),

        // L1: pure values. No sockets, no async.
        .target(
            name: "Segmenter",
            dependencies: [nio, .product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: swiftSettings
        ),
        .target(name: "HLS", dependencies: ["Segmenter", "CZlib", nio], swiftSettings: swiftSettings),
        .target(name: "Wire", dependencies: [nio], swiftSettings: swiftSettings),

        // L2: sockets and files to and from frames and segments.
        .target(
            name: "Ingest",
            dependencies: ["Segmenter", "Wire", nio, nioPosix, logging],
            swiftSettings: swiftSettings
        ),
        .target(name: "LegacyOutputs", dependencies: ["Segmenter", nio, logging], swiftSettings: swiftSettings),

        .target(
            name: "Archive",
            dependencies: ["CChecksum", "Segmenter", nio, nioPosix, logging],
            swiftSettings: swiftSettings
        ),

        // L3: streams, the listener port, HLS serving.
        .target(
            name: "Origin",
            dependencies: [
                "Archive", "HLS", "Ingest", "LegacyOutputs", "Segmenter", "Wire", nio, nioPosix, logging,
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: swiftSettings
        ),

        // L4: the control plane.
        .target(
            name: "Admin",
            dependencies: [
                "Archive", "Ingest", "LegacyOutputs", "Origin", "Segmenter", nio, nioPosix, logging,
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            swiftSettings: swiftSettings
        ),

        // L5: the executable.
        .executableTarget(
            name: "streammachine",
            dependencies: [
                "Admin", "Archive", "Ingest", "LegacyOutputs", "Origin", "Segmenter", "Wire", nio, nioPosix, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),

        // L5: a development tool, which fills a store for tools/bench.
        .executableTarget(
            name: "fillstore",
            dependencies: [
                "Archive", "Segmenter", nio, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings
        ),

        .testTarget(name: "SegmenterTests", dependencies: ["Segmenter", nio], swiftSettings: swiftSettings),
        .testTarget(name: "HLSTests", dependencies: ["HLS", "Segmenter", nio], swiftSettings: swiftSettings),
        .testTarget(name: "WireTests", dependencies: ["Wire", nio], swiftSettings: swiftSettings),
        .testTarget(
            name: "IngestTests",
            dependencies: ["Ingest", "Segmenter", "Wire", nio, nioEmbedded, logging],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ArchiveTests",
            dependencies: ["Archive", "Segmenter", nio, nioPosix, logging],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "LegacyOutputsTests",
            dependencies: ["LegacyOutputs", "Segmenter", nio, nioEmbedded, logging],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "OriginTests",
            dependencies: [
                "Archive", "Origin", "HLS", "Ingest", "LegacyOutputs", "Segmenter", "Wire", nio, nioEmbedded, logging,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "streammachineTests",
            dependencies: [
                "streammachine", "Origin", "Segmenter", nio, logging,
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            swiftSettings: swiftSettings
        ),
    ]
)
