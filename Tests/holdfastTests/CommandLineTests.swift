import BackupFormat
import Foundation
import HoldfastAPI
import JobPlan
import TestServers
import Testing

@Suite struct CommandLineTests {
  /// The main job with no cluster, against a real OpenBao, opened with the plain tools (promise 8).
  @Test func backupListVerifyPruneRestore() async throws {
    let server = try await OpenBaoServer.start()
    let place = try await Workplace.make()
    try place.writePlan(address: server.address)
    try place.secret("token", "token", server.rootToken + "\n")
    _ = try await server.request("POST", "sys/mounts/kv", json: #"{"type":"kv"}"#)
    _ = try await server.request("POST", "kv/one", json: #"{"x":"before"}"#)

    for _ in 0..<3 {
      let run = try await place.backup()
      #expect(run.status == 0, "\(run.errors)")
      #expect(!run.errors.contains(server.rootToken))
    }
    let result = try place.readResult()
    #expect(result.outcome == .succeeded)
    #expect(result.prune?.count == 2)
    #expect(result.prune?.deleted.count == 1)
    let id = try #require(result.id)
    #expect(try place.files().count == 4)

    let list = try await place.holdfast("list")
    #expect(list.output.split(separator: "\n").count == 3)
    #expect(list.output.split(separator: "\n")[1].hasPrefix(id))
    let json = try await place.holdfast("list", "-o", "json")
    struct Item: Decodable { var id: String; var manifest: Manifest }
    #expect(try JSONDecoder().decode([Item].self, from: Data(json.output.utf8)).first?.id == id)

    #expect(try await place.holdfast("verify").output.contains("good \(id)"))
    let all = try await place.holdfast("verify", "--all", "--identity", place.identity)
    #expect(all.status == 0)
    #expect(all.output.components(separatedBy: "stored and plain bytes").count == 3)

    // With age, zstd and tar alone.
    let artifact = try #require(try place.files().last { $0.hasSuffix(".age") })
    let opened = try await Program.run(
      "bash",
      ["-c", "set -o pipefail; age -d -i '\(place.identity)' '\(place.store)/\(artifact)' | zstd -d | tar -tz"])
    #expect(
      opened.output.split(separator: "\n") == ["meta.json", "state.bin", "SHA256SUMS", "SHA256SUMS.sealed"],
      "\(opened.errors)")

    try place.writePlan(address: server.address, maxCount: 1)
    let dry = try await place.holdfast("prune", "--dry-run")
    #expect(dry.output.contains("would remove"))
    #expect(dry.output.contains("retention.maxCount"))
    #expect(try place.files().count == 4)
    #expect(try await place.holdfast("prune").status == 0)
    #expect(try place.files() == ["ns/bao/\(id)/manifest.json", "ns/bao/\(id)/raft.snap.zst.age"])

    _ = try await server.request("POST", "kv/one", json: #"{"x":"after"}"#)
    let planned = try await Program.run(
      ["restore", "--id", "latest", "--identity", place.identity, "--dry-run", "--result", place.result] + place.options
    )
    #expect(planned.status == 0, "\(planned.errors)")
    #expect(try place.readResult().plan?.first?.object == server.address)
    #expect(try await server.request("GET", "kv/one").text.contains("after"))
    let restored = try await Program.run(
      ["restore", "--id", id, "--identity", place.identity, "--result", place.result] + place.options)
    #expect(restored.status == 0, "\(restored.errors)")
    #expect(try await server.request("GET", "kv/one").text.contains("before"))
    server.process.stop()
  }

  @Test func theSameOnS3() async throws {
    let server = try await OpenBaoServer.shared.get()
    let store = try await SeaweedServer.shared.get()
    let bucket = try await store.makeBucket()
    let place = try await Workplace.make()
    try place.secret("token", "token", server.rootToken)
    try place.secret("s3", "accessKeyId", store.accessKeyID)
    try place.secret("s3", "secretAccessKey", store.secretAccessKey)
    let target: [String: Any] = [
      "provider": "s3", "endpoint": store.endpoint, "bucket": bucket, "usePathStyle": true, "pathPrefix": "a/b",
      "credentialsSecretRef": ["name": "s3"],
    ]
    try place.writePlan(address: server.address, target: target)
    let run = try await place.backup()
    #expect(run.status == 0, "\(run.errors)")
    #expect(!run.errors.contains(store.secretAccessKey))
    #expect(try place.readResult().location?.hasPrefix("s3://\(bucket)/a/b/ns/bao/") == true)
    #expect(try await place.holdfast("verify", "--identity", place.identity).status == 0)

    try place.secret("s3", "secretAccessKey", "wrong")
    #expect(try await place.backup().status == 1)
    #expect(try place.readResult().failure?.reason == "SignatureMismatch")
  }

  @Test func whatIsWrongWithAPlanIsSaidAndLeavesAResult() async throws {
    let place = try await Workplace.make()
    let plan = #"{"policy": {"name": "x"}, "spec": {"target": {"provider": "s3"}}}"#
    let run = try await Program.run(["backup", "--plan", "-", "--result", place.result], input: plan)
    #expect(run.status == 2)
    #expect(run.errors.contains("spec.target.bucket is required for provider s3"))
    let failure = try #require(try place.readResult().failure)
    #expect(failure.step == "prepare")
    #expect(failure.reason == "InvalidSpec")
    #expect(try await Program.run(["list", "--plan", "/no/such/file"]).status == 2)
    #expect(try await Program.run(["list", "--nonsense"]).status == 2)
    #expect(try await Program.run(["nonsense"]).status == 2)
    #expect(try await Program.run(["backup", "--plan", "-", "--debris-grace", "x"], input: plan).status == 2)
  }

  @Test func aMissingSecretIsNamed() async throws {
    let place = try await Workplace.make()
    try place.writePlan(address: "http://127.0.0.1:9")
    #expect(try await place.backup().status == 1)
    let failure = try #require(try place.readResult().failure)
    #expect(failure.reason == "SecretNotFound")
    #expect(failure.message.contains("Secret token"))
  }

  @Test func aTargetIsTriedBeforeABackupHasTo() async throws {
    let place = try await Workplace.make()
    try place.writePlan(address: "http://127.0.0.1:9")
    let good = try await Program.run(["preflight", "--result", place.result] + place.options)
    #expect(good.status == 0, "\(good.errors)")
    #expect(good.output.contains("createOnly    ok"), "\(good.output)")
    #expect(try place.readResult().capabilities?["delete"] == true)
    #expect(try place.files().isEmpty)
    try FileManager.default.removeItem(atPath: place.store)
    let bad = try await Program.run(["preflight", "-o", "json", "--result", place.result] + place.options)
    #expect(bad.status == 1)
    #expect(try place.readResult().failure?.reason == "BucketNotFound")
    #expect(try ExecutorResult(decoding: Data(bad.output.utf8)).outcome == .failed)
  }

  @Test func versionAndHelpNeedNothing() async throws {
    let version = try await Program.run(["version", "-o", "json"])
    #expect(version.status == 0)
    #expect(version.output.contains("formatVersion"))
    let help = try await Program.run(["--help"], environment: ["HOME": "/nonexistent"])
    #expect(help.status == 0)
    for name in ["operator", "backup", "restore", "prune", "list", "verify", "preflight", "version"] {
      #expect(help.output.contains("\n  \(name) "), "\(name)")
    }
    #expect(!help.output.contains("\n  delete "))
  }
}
