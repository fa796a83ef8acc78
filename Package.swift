// swift-tools-version: 6.2
import PackageDescription

// Targets follow docs/architecture.md: nothing to the right of the flow imports anything to its left.

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// Products of other packages, named once.
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let collections: Target.Dependency = .product(name: "Collections", package: "swift-collections")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let grpcCore: Target.Dependency = .product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport: Target.Dependency = .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let grpcProtobuf: Target.Dependency = .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let swiftASN1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let swiftProtobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "holdfast",
  products: [
    .executable(name: "holdfast", targets: ["holdfast"]),
    .executable(name: "holdfast-sandbox", targets: ["holdfast-sandbox"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", exact: "2.4.1"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
  ],
  targets: [
    // Kubernetes: a client and controller runtime that know nothing of Holdfast.
    .target(name: "KubernetesModel", swiftSettings: strict),
    .target(
      name: "KubernetesClient",
      dependencies: [
        "KubernetesModel", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioFoundation, nioPosix, nioSSL, nioWebSocket,
        logging, yams,
      ], swiftSettings: strict),
    .target(
      name: "KubernetesRuntime",
      dependencies: [
        "KubernetesModel", "KubernetesClient", logging, metrics, serviceLifecycle,
      ], swiftSettings: strict),
    // A clock and an API server in memory, for tests.
    .target(
      name: "KubernetesTestKit",
      dependencies: ["KubernetesModel", "KubernetesClient", nioCore, nioHTTP1, nioPosix, nioSSL, nioWebSocket],
      path: "Tests/KubernetesTestKit", swiftSettings: strict),
    .testTarget(name: "KubernetesModelTests", dependencies: ["KubernetesModel"], swiftSettings: strict),
    .testTarget(
      name: "KubernetesClientTests",
      dependencies: [
        "KubernetesModel", "KubernetesClient", "KubernetesTestKit", nioCore, nioSSL, nioWebSocket,
      ], resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "KubernetesRuntimeTests",
      dependencies: [
        "KubernetesModel", "KubernetesClient", "KubernetesRuntime", "KubernetesTestKit", logging, serviceLifecycle,
      ], swiftSettings: strict),

    // The API, the formats and the plan: pure values.
    .target(name: "HoldfastAPI", dependencies: ["KubernetesModel"], swiftSettings: strict),
    .target(name: "BackupFormat", dependencies: [crypto], swiftSettings: strict),
    .target(
      name: "JobPlan", dependencies: ["HoldfastAPI", "BackupFormat", "KubernetesModel", crypto],
      swiftSettings: strict),
    .target(
      name: "Operator",
      dependencies: [
        "HoldfastAPI", "JobPlan", "BackupFormat", "KubernetesModel", "KubernetesClient", "KubernetesRuntime",
        asyncHTTPClient, logging, metrics, nioCore, nioHTTP1, serviceLifecycle, yams,
      ], swiftSettings: strict),

    // The data path.
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "Age", dependencies: [crypto, cryptoExtras, nioCore], swiftSettings: strict),
    // SHA-256 of two states at once by the processor's instructions, which neither Swift nor BoringSSL has.
    .target(name: "CSHA256"),
    .target(name: "StreamPipeline", dependencies: ["Age", "CSHA256", "CZstd", crypto, nioCore], swiftSettings: strict),
    .testTarget(
      name: "AgeTests", dependencies: ["Age", "CZlib", crypto, nioCore, subprocess],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "StreamPipelineTests", dependencies: ["StreamPipeline", "Age", crypto, nioCore, subprocess],
      swiftSettings: strict),
    .target(name: "ObjectStore", dependencies: [crypto, nioCore, nioPosix, logging], swiftSettings: strict),
    // CRC-32C by the processor's instruction, which Swift has no name for.
    .target(name: "CCRC32C"),
    // What the stores over HTTP share: the client, its limits and TLS, and the form of its failures.
    .target(
      name: "StoreHTTP",
      dependencies: [
        "ObjectStore", "CCRC32C", asyncHTTPClient, nioCore, nioHTTP1, nioFoundation, nioPosix, nioSSL, logging,
      ], swiftSettings: strict),
    .target(
      name: "GCSStore",
      dependencies: [
        "ObjectStore", "StoreHTTP", asyncHTTPClient, crypto, cryptoExtras, nioCore, nioHTTP1, nioFoundation, logging,
      ], swiftSettings: strict),
    .target(
      name: "AzureStore",
      dependencies: [
        "ObjectStore", "StoreHTTP", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioFoundation, nioPosix, logging,
      ], swiftSettings: strict),
    .target(
      name: "S3Store",
      dependencies: [
        "ObjectStore", "StoreHTTP", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioFoundation, nioPosix, nioSSL,
        logging,
      ], swiftSettings: strict),
    .target(name: "SnapshotSource", dependencies: [nioCore], swiftSettings: strict),
    // A reader of bbolt files, and what etcd and OpenZiti keep in them.
    .target(name: "Bolt", dependencies: ["CCRC32C", nioCore, crypto], swiftSettings: strict),
    .testTarget(
      name: "BoltTests", dependencies: ["Bolt", "OpenZitiSource", crypto, nioCore],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    // Tar archives as streams, and sets of API objects as tar files of YAML.
    .target(name: "Tar", dependencies: [nioCore], swiftSettings: strict),
    .testTarget(name: "TarTests", dependencies: ["Tar", nioCore, subprocess], swiftSettings: strict),
    .target(
      name: "ResourceSet",
      dependencies: ["Tar", "KubernetesModel", "KubernetesClient", "SnapshotSource", nioCore, logging, yams],
      swiftSettings: strict),
    .target(
      name: "CertManagerSource",
      dependencies: [
        "ResourceSet", "Tar", "KubernetesModel", "KubernetesClient", "SnapshotSource", crypto, nioCore, logging,
        swiftASN1, x509, yams,
      ], swiftSettings: strict),
    // What cert-manager will do with restored Certificates: pure.
    .target(
      name: "PKIPreview",
      dependencies: ["CertManagerSource", "KubernetesModel", crypto, cryptoExtras, swiftASN1, x509],
      swiftSettings: strict),
    .testTarget(
      name: "PKIPreviewTests",
      dependencies: ["PKIPreview", "CertManagerSource", "KubernetesModel", crypto, cryptoExtras, swiftASN1, x509],
      swiftSettings: strict),
    // Brings resource sets back onto an API server.
    .target(
      name: "ResourceRestore",
      dependencies: [
        "CertManagerSource", "PKIPreview", "ResourceSet", "KubernetesModel", "KubernetesClient", nioCore,
      ], swiftSettings: strict),
    // An API server with RBAC in the tests' own process.
    .target(
      name: "SandboxTestKit",
      dependencies: ["KubernetesClient", "KubernetesModel", "Sandbox", logging, serviceLifecycle],
      path: "Tests/Support/SandboxTestKit", swiftSettings: strict),
    .testTarget(
      name: "ResourceRestoreTests",
      dependencies: [
        "ResourceRestore", "PKIPreview", "ResourceSet", "CertManagerSource", "KubernetesModel", "KubernetesClient",
        "KubernetesTestKit", "SandboxTestKit", "SnapshotSource", crypto, logging, nioCore, swiftASN1, x509,
      ], swiftSettings: strict),
    // What files have on Linux that Swift's Glibc module leaves out: holes, extended attributes, device numbers.
    .target(name: "CFileCalls"),
    .target(
      name: "FilesSource",
      dependencies: [
        "CFileCalls", "Tar", "KubernetesModel", "KubernetesClient", "SnapshotSource", nioCore, nioPosix,
      ], swiftSettings: strict),
    .testTarget(
      name: "FilesSourceTests",
      dependencies: [
        "FilesSource", "Tar", "KubernetesModel", "KubernetesClient", "KubernetesTestKit", "SnapshotSource", nioCore,
        subprocess, systemPackage,
      ], swiftSettings: strict),
    .target(
      name: "OpenZitiSource",
      dependencies: [
        "Bolt", "CFileCalls", "KubernetesModel", "KubernetesClient", "SnapshotSource", asyncHTTPClient, crypto, nioCore,
        nioHTTP1,
        nioFoundation, nioPosix, nioSSL, logging, subprocess, swiftASN1, systemPackage, x509,
      ], swiftSettings: strict),
    .target(
      name: "EtcdSource",
      dependencies: [
        "Bolt", "CFileCalls", "SnapshotSource", asyncHTTPClient, crypto, grpcCore, grpcTransport, grpcProtobuf,
        swiftProtobuf, nioCore, nioHTTP1, nioFoundation, nioPosix, nioSSL, logging,
      ], exclude: ["Generated/README.md", "Generated/etcd.proto"], swiftSettings: strict),
    .target(
      name: "OpenBaoSource",
      dependencies: [
        "SnapshotSource", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioFoundation, nioSSL, logging,
        "CZlib",
      ], swiftSettings: strict),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "Executor",
      dependencies: [
        "JobPlan", "HoldfastAPI", "BackupFormat", "KubernetesModel", "KubernetesClient", "StreamPipeline", "Age",
        "ObjectStore", "S3Store", "GCSStore", "AzureStore", "StoreHTTP", "SnapshotSource", "OpenBaoSource",
        "CertManagerSource", "EtcdSource", "FilesSource", "OpenZitiSource", "Inspection", "PKIPreview",
        "ResourceRestore",
        "ResourceSet", "Bolt",
        "Tar", asyncHTTPClient, crypto, nioCore, nioSSL, logging, "CMalloc", "CProgramPages",
      ], swiftSettings: strict),
    // What a file is, and whether it is sound, whoever wrote it.
    .target(
      name: "Inspection",
      dependencies: [
        "Age", "BackupFormat", "Bolt", "CZlib", "KubernetesModel", "OpenBaoSource", "OpenZitiSource", "ResourceSet",
        "SnapshotSource", "StreamPipeline", "Tar", nioCore,
      ], swiftSettings: strict),
    .testTarget(
      name: "InspectionTests",
      dependencies: [
        "Inspection", "Age", "BackupFormat", "Bolt", "KubernetesModel", "ResourceSet", "StreamPipeline", "TestServers",
        nioCore, subprocess,
      ], swiftSettings: strict),
    .target(
      name: "HealthServer", dependencies: [hummingbird, logging, metrics, nioCore, serviceLifecycle],
      swiftSettings: strict),
    .testTarget(
      name: "HealthServerTests",
      dependencies: [
        "HealthServer", asyncHTTPClient, logging, metrics, nioCore, nioFoundation, nioHTTP1, serviceLifecycle,
      ],
      swiftSettings: strict),
    // `kubectl holdfast`: the client for people.
    .target(
      name: "KubectlPlugin",
      dependencies: [
        "Executor", "HoldfastAPI", "JobPlan", "BackupFormat", "KubernetesModel", "KubernetesClient",
        "KubernetesRuntime", "ObjectStore", "ResourceSet", "StreamPipeline", "Age", argumentParser, logging, nioCore,
        subprocess, systemPackage, unixSignals,
      ], swiftSettings: strict),
    .testTarget(
      name: "KubectlPluginTests",
      dependencies: [
        "KubectlPlugin", "HoldfastAPI", "KubernetesModel", "KubernetesClient", "KubernetesTestKit", "JobPlan",
        argumentParser,
      ], swiftSettings: strict),
    // What only Linux's loader and memory calls can do, which Swift's Glibc module leaves out.
    .target(name: "CProgramPages"),
    // glibc's mallopt, which Swift's Glibc module leaves out.
    .systemLibrary(name: "CMalloc"),
    .executableTarget(
      name: "holdfast",
      dependencies: [
        "Executor", "KubectlPlugin", "Operator", "HealthServer", "Inspection", "JobPlan", "HoldfastAPI",
        "BackupFormat", "KubernetesModel",
        "KubernetesClient",
        "KubernetesRuntime", "ObjectStore", "S3Store", "StreamPipeline", "Age", argumentParser, hummingbird, logging,
        metrics, nioCore, serviceLifecycle, unixSignals,
      ], swiftSettings: strict),

    // Gives a plain HTTP body to the executor, for Tests/bench. Not part of the image.
    .executableTarget(
      name: "holdfast-bench",
      dependencies: ["Executor", "JobPlan", "SnapshotSource", asyncHTTPClient, logging, nioCore, nioHTTP1],
      path: "Tests/Support/BenchDriver", swiftSettings: strict),

    // A throw-away API server. Not part of the image.
    .target(
      name: "Sandbox",
      dependencies: [
        "KubernetesModel", collections, crypto, hummingbird, hummingbirdTLS, logging, nioCore, nioFoundation, nioHTTP1,
        nioPosix, nioSSL, nioWebSocket, serviceLifecycle, subprocess, systemPackage, yams,
      ], swiftSettings: strict),
    .executableTarget(
      name: "holdfast-sandbox", dependencies: ["Sandbox", argumentParser, logging, serviceLifecycle, unixSignals],
      swiftSettings: strict),

    // Tests of the plan and the operator.
    .testTarget(
      name: "JobPlanTests", dependencies: ["JobPlan", "BackupFormat", "HoldfastAPI", "KubernetesModel"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "OperatorTests",
      dependencies: [
        "Operator", "HealthServer", "JobPlan", "HoldfastAPI", "KubernetesModel", "KubernetesClient",
        "KubernetesRuntime", "KubernetesTestKit", hummingbird, logging, metrics, nioCore, serviceLifecycle, yams,
      ], swiftSettings: strict),
    // Test support: real servers started for a test run, and what the store tests share.
    .target(
      name: "TestServers",
      dependencies: [asyncHTTPClient, nioCore, nioFoundation, nioHTTP1, subprocess, systemPackage],
      path: "Tests/Support/TestServers", swiftSettings: strict),
    .testTarget(
      name: "SandboxTests",
      dependencies: [
        "Sandbox", "KubernetesModel", "KubernetesClient", hummingbird, logging, nioCore, nioPosix,
        serviceLifecycle,
      ],
      resources: [.copy("Fixtures")],
      swiftSettings: strict),
    // The whole, as users meet it: real servers, the built programs and kubectl.
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "FakeAzure", "FakeGCS", "ObjectStoreTestKit", "TestServers", "ZitiStandIn", nioHTTP1, subprocess, systemPackage,
      ],
      swiftSettings: strict),
    // The chart and the kustomization, by helm and kubectl.
    .testTarget(
      name: "ChartTests",
      dependencies: [
        "HealthServer", "HoldfastAPI", "JobPlan", "KubernetesModel", "Operator", "TestServers", logging, metrics,
        serviceLifecycle, subprocess, yams,
      ],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(name: "TestServersTests", dependencies: ["TestServers", subprocess], swiftSettings: strict),
    .target(
      name: "ObjectStoreTestKit",
      dependencies: ["ObjectStore", asyncHTTPClient, nioCore, nioHTTP1, nioPosix, nioSSL],
      path: "Tests/Support/ObjectStoreTestKit", swiftSettings: strict),
    .testTarget(
      name: "ObjectStoreTests", dependencies: ["ObjectStore", "ObjectStoreTestKit", "TestServers", nioCore],
      swiftSettings: strict),
    .testTarget(
      name: "StoreHTTPTests", dependencies: ["StoreHTTP", "CCRC32C", nioCore], swiftSettings: strict),
    // Google Cloud Storage and its token services, written from their documentation.
    .target(
      name: "FakeGCS", dependencies: ["StoreHTTP", crypto, cryptoExtras, nioCore, nioHTTP1, nioPosix],
      path: "Tests/Support/FakeGCS", swiftSettings: strict),
    .testTarget(
      name: "GCSStoreTests",
      dependencies: [
        "ObjectStore", "ObjectStoreTestKit", "GCSStore", "StoreHTTP", "FakeGCS", "TestServers", crypto, cryptoExtras,
        nioCore, nioHTTP1,
      ], resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "S3StoreTests",
      dependencies: [
        "ObjectStore", "ObjectStoreTestKit", "S3Store", "StoreHTTP", "TestServers", crypto, nioCore, nioHTTP1,
      ],
      swiftSettings: strict),
    // Azure Blob Storage and its identities in memory.
    .target(
      name: "FakeAzure", dependencies: ["StoreHTTP", crypto, nioCore, nioFoundation, nioHTTP1, nioPosix],
      path: "Tests/Support/FakeAzure", swiftSettings: strict),
    .testTarget(
      name: "AzureStoreTests",
      dependencies: [
        "AzureStore", "FakeAzure", "ObjectStore", "ObjectStoreTestKit", "StoreHTTP", "TestServers", crypto, nioCore,
        nioHTTP1, subprocess,
      ], resources: [.copy("Fixtures")], swiftSettings: strict),
    // Tests of the sources that read an API server.
    .testTarget(
      name: "ResourceSetTests",
      dependencies: [
        "ResourceSet", "Tar", "JobPlan", "HoldfastAPI", "KubernetesModel", "KubernetesClient", "KubernetesTestKit",
        "SandboxTestKit", "SnapshotSource", "TestServers", logging, nioCore, subprocess, yams,
      ], swiftSettings: strict),
    // Tests of the API and the formats.
    .testTarget(
      name: "HoldfastAPITests", dependencies: ["HoldfastAPI", "KubernetesModel", yams],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(name: "BackupFormatTests", dependencies: ["BackupFormat"], swiftSettings: strict),
    // Tests of the executor, its sources and its command line.
    .testTarget(
      name: "CertManagerSourceTests",
      dependencies: [
        "CertManagerSource", "KubernetesModel", "KubernetesClient", "KubernetesTestKit", "ResourceSet",
        "SnapshotSource", crypto, nioCore, swiftASN1, x509,
      ], swiftSettings: strict),
    // An OpenZiti controller's management API, and databases as controllers write them.
    .target(
      name: "ZitiStandIn",
      dependencies: ["OpenZitiSource", crypto, nioCore, nioHTTP1, nioPosix, nioSSL, swiftASN1, x509],
      path: "Tests/Support/ZitiStandIn", resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "OpenZitiSourceTests",
      dependencies: [
        "OpenZitiSource", "Bolt", "KubernetesClient", "KubernetesModel", "KubernetesTestKit", "SnapshotSource",
        "ZitiStandIn",
        nioCore, swiftASN1, x509,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "EtcdSourceTests",
      dependencies: ["EtcdSource", "Bolt", "SnapshotSource", "TestServers", crypto, nioCore, subprocess],
      swiftSettings: strict),
    .testTarget(
      name: "OpenBaoSourceTests",
      dependencies: ["OpenBaoSource", "SnapshotSource", "TestServers", "CZlib", crypto, nioCore, nioPosix],
      swiftSettings: strict),
    .testTarget(
      name: "ExecutorTests",
      dependencies: [
        "Executor", "Age", "JobPlan", "HoldfastAPI", "BackupFormat", "KubernetesClient", "KubernetesModel",
        "KubernetesTestKit", "ObjectStore", "ResourceSet", "SnapshotSource", "StreamPipeline", "S3Store", "GCSStore",
        "AzureStore",
        "StoreHTTP", "ObjectStoreTestKit", logging, nioCore, nioHTTP1,
      ], swiftSettings: strict),
    .testTarget(
      name: "holdfastTests",
      dependencies: ["TestServers", "BackupFormat", "JobPlan", "HoldfastAPI", subprocess, systemPackage],
      swiftSettings: strict),
  ]
)
