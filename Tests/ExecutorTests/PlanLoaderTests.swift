import Executor
import Foundation
import HoldfastAPI
import JobPlan
import Testing

@Suite struct PlanLoaderTests {
  private static let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
  private static let minimal = """
    {"policy": {"name": "bao"}, "spec": {
      "sources": [{"name": "raft", "openBao": {"address": "https://bao:8200", "tokenSecretRef": {"name": "t"}}}],
      "target": {"bucket": "backups"}, "encryption": {"age": {"recipients": ["\(recipient)"]}}}}
    """

  private func problems(_ text: String, _ purpose: PlanLoader.Purpose = .backup) -> [String] {
    do {
      _ = try PlanLoader.load(Data(text.utf8), for: purpose)
      return []
    } catch {
      return (error as? InvalidPlan)?.issues.map(\.description) ?? ["\(error)"]
    }
  }

  @Test func whatHasADefaultMayBeLeftOut() throws {
    let plan = try PlanLoader.load(Data(Self.minimal.utf8), for: .backup)
    #expect(plan.policy.namespace == "default")
    #expect(plan.spec.target.provider == .s3)
    #expect(plan.spec.target.partSizeBytes == 10 << 20)
    #expect(plan.spec.compression == .zstd)
  }

  @Test func aPolicyIsAPlan() throws {
    let text = Self.minimal.replacingOccurrences(
      of: #""policy": {"name": "bao"}"#,
      with: #""kind": "BackupPolicy", "metadata": {"name": "bao", "namespace": "openbao"}"#)
    #expect(try PlanLoader.load(Data(text.utf8), for: .backup).policy == Plan.Policy(namespace: "openbao", name: "bao"))
  }

  @Test func problemsNameTheField() {
    #expect(problems("nonsense") == ["the plan is not JSON"])
    #expect(problems("[]") == ["the plan is not a JSON object"])
    #expect(problems("{}").first?.contains("policy is required") == true)
    #expect(problems(#"{"planVersion": 9}"#).first?.contains("planVersion is 9") == true)
    let noBucket = Self.minimal.replacingOccurrences(of: #""bucket": "backups""#, with: "")
    #expect(problems(noBucket).first?.hasPrefix("spec.target.bucket is required for provider s3") == true)
    #expect(problems(noBucket, .bucketOnly).count == 1)
    let wrongType = Self.minimal.replacingOccurrences(of: #""backups""#, with: "7")
    #expect(problems(wrongType).first?.hasPrefix("spec.target.bucket has the wrong type") == true)
    for name in ["../x", "a/b", "", "A"] {
      let text = Self.minimal.replacingOccurrences(of: #""name": "bao""#, with: #""name": "\#(name)""#)
      #expect(problems(text).contains { $0.hasPrefix("policy.name") }, "\(name)")
    }
  }

  @Test func aTargetIsEnoughToLookAtABucket() {
    let text = #"{"policy": {"name": "bao"}, "spec": {"target": {"bucket": "backups"}}}"#
    #expect(problems(text, .bucketOnly).isEmpty)
    #expect(problems(text, .restore).isEmpty)
    #expect(!problems(text, .backup).isEmpty)
  }

  @Test func aRestoreNeedsNoMoreThanAnId() throws {
    let text = String(Self.minimal.dropLast(1)) + #", "restore": {"id": "latest"}}"#
    let restore = try #require(try PlanLoader.load(Data(text.utf8), for: .restore).restore)
    #expect(restore.origin.name == "bao")
    #expect(!restore.force)
  }
}

@Suite struct MountsTests {
  private func plan(_ server: String) throws -> Plan {
    let text =
      #"{"policy": {"name": "p"}, "spec": {"target": {"bucket": "backups"}, "sources": [{"name": "raft", "openBao": \#(server)}]}}"#
    return try PlanLoader.load(Data(text.utf8), for: .bucketOnly)
  }

  private func failure(_ server: String, _ files: [String: String] = [:]) throws -> RunFailure? {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("mounts-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    do {
      let mounts = Mounts(root: root.path)
      _ = try SourceFactory(
        plan: try plan(server), mounts: mounts, cluster: ClusterConnection(mounts: mounts, environment: [:])
      ).sources()
      return nil
    } catch {
      return error as? RunFailure
    }
  }

  @Test func whatIsMissingIsNamedWithTheFieldThatNeedsIt() throws {
    let token = #"{"address": "https://b", "tokenSecretRef": {"name": "t"}}"#
    let missing = try #require(try failure(token))
    #expect(missing.reason == .secretNotFound)
    #expect(missing.source == "raft")
    #expect(missing.message.contains("Secret t, which spec.sources[0].openBao.tokenSecretRef names, does not exist"))
    #expect(try failure(token, ["secrets/t/other": "x"])?.message.contains("has no key token") == true)
    #expect(try failure(token, ["secrets/t/token": "x"]) == nil)
    let key = #"{"address": "https://b", "tokenSecretRef": {"name": "t", "key": "root"}}"#
    #expect(try failure(key, ["secrets/t/root": "x"]) == nil)
    let jwt = #"{"address": "https://b", "jwtAuthRole": "r"}"#
    #expect(try failure(jwt)?.message.contains("tokens/raft/token") == true)
    #expect(try failure(jwt, ["tokens/raft/token": "x"]) == nil)
    let appRole =
      #"{"address": "https://b", "appRole": {"roleIDSecretRef": {"name": "a"}, "secretIDSecretRef": {"name": "a"}}}"#
    #expect(try failure(appRole, ["secrets/a/roleId": "x"])?.message.contains("has no key secretId") == true)
    #expect(try failure(appRole, ["secrets/a/roleId": "x", "secrets/a/secretId": "y"]) == nil)
    let kubernetes = #"{"address": "https://b", "kubernetesAuth": {"role": "r"}}"#
    #expect(try failure(kubernetes)?.message.contains("tokens/raft/token") == true)
    let file = #"{"address": "https://b", "tokenFile": "/does/not/exist"}"#
    #expect(try failure(file)?.message.contains("the file /does/not/exist, which spec.sources[0]") == true)
    let bundle =
      #"{"address": "https://b", "jwtAuthRole": "r", "caBundle": {"configMapRef": {"name": "ca", "key": "ca.crt"}}}"#
    #expect(try failure(bundle, ["tokens/raft/token": "x"])?.message.contains("ConfigMap ca") == true)
  }
}
