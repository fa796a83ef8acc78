internal import Logging
internal import Age
internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
public import JobPlan
internal import KubernetesModel
internal import NIOCore
internal import ObjectStore
public import SnapshotSource
internal import StreamPipeline

/// Captures every source of a plan into the store, writes the manifest, and prunes.
///
/// The manifest is the last and create-only write that matters: before it there is no backup, and where anything fails
/// before it, what was written is removed again.
public struct BackupRun: Sendable {
  let context: RunContext
  let sources: [any SnapshotSource]
  private let permissions = MissingPermissions()

  public init(context: RunContext, sources: [any SnapshotSource]) {
    self.context = context
    self.sources = sources
  }

  /// Cancelling the task (SIGTERM) aborts the upload and removes what was written; the result says so.
  public func run() async -> ExecutorResult {
    let started = context.now()
    var result = ExecutorResult(
      operation: .backup, outcome: .failed, trigger: context.identity.trigger, startTime: Timestamp(started),
      completionTime: Timestamp(started))
    do {
      let id = try await RunQueue.nextID(context, permissions)
      await run(id, &result)
    } catch {
      var failure = ErrorMapping.failure(error, step: .prepare)
      if Task.isCancelled { failure = ErrorMapping.interrupted(failure) }
      result.failure = failure.backupFailure
      context.logger.error("backup failed", metadata: Self.metadata(failure))
    }
    result.completionTime = Timestamp(context.now())
    return result
  }

  private func run(_ id: BackupID, _ result: inout ExecutorResult) async {
    let lease = RunLease(id: id, operation: "backup", context: context, layout: context.layout)
    context.logger.info(
      "backup begins", metadata: ["backup.id": "\(id)", "backup.trigger": "\(context.identity.trigger.rawValue)"])
    do {
      let manifest = try await commit(id, lease, &result)
      describe(manifest, &result)
      await prune(lease, &result)
      await end(lease)
      addWarnings(
        permissions.warnings(
          below: "\(context.store.location)/\(context.layout.policyPrefix)",
          hasRetention: context.plan.spec.retention != nil), to: &result)
    } catch {
      var failure = ErrorMapping.failure(error, step: .prepare)
      if Task.isCancelled { failure = ErrorMapping.interrupted(failure) }
      result.failure = failure.backupFailure
      context.logger.error("backup failed", metadata: Self.metadata(failure).merging(["backup.id": "\(id)"]) { $1 })
    }
  }

  private static func metadata(_ failure: RunFailure) -> Logger.Metadata {
    ["step": "\(failure.step.rawValue)", "reason": "\(failure.reason)", "error": "\(failure.message)"]
  }

  // MARK: Until the manifest is there

  private func commit(
    _ id: BackupID, _ lease: RunLease, _ result: inout ExecutorResult
  ) async throws -> Manifest {
    let settings = try encodeSettings()
    try await begin(lease)
    do {
      var warnings: [String] = []
      var missing: [String] = []
      var begun = result.startTime
      let manifest = try await lease.whileKept {
        let earlier = try await RunQueue(context: context, lease: lease, permissions: permissions).enter()
        // Until here it waited for others.
        begun = Timestamp(context.now())
        var artifacts: [Manifest.Artifact] = []
        var captures: [SignerCheck.Capture] = []
        for source in sources {
          let (artifact, facts) = try await capture(source, id: id, settings)
          artifacts.append(artifact)
          captures.append(SignerCheck.Capture(name: source.name, kind: source.kind, facts: facts))
          warnings += facts.warnings.map { sources.count > 1 ? "\(source.name): \($0)" : $0 }
          missing += facts.missing.map { "\(source.name): \($0)" }
        }
        let signers = SignerCheck(captures)
        warnings += signers.warnings
        for index in artifacts.indices {
          artifacts[index].facts["signerInBackup"] = signers.verdicts[artifacts[index].source].map { "\($0)" }
        }
        var manifest = makeManifest(id, artifacts)
        let sizes = SizeWatch(context: context, permissions: permissions)
        manifest.anomaly = try await sizes.judge(manifest, besides: earlier ?? [])
        try await ManifestWriter(context: context, lease: lease, permissions: permissions).write(manifest)
        return manifest
      }
      result.startTime = begun
      result.warnings = warnings.isEmpty ? nil : warnings
      result.missing = missing.isEmpty ? nil : missing
      return manifest
    } catch {
      if (error as? RunFailure)?.cause is ManifestConflict {
        await end(lease)
      } else {
        await discard(id, lease)
      }
      throw error
    }
  }

  private func begin(_ lease: RunLease) async throws {
    do {
      try await lease.begin()
    } catch {
      // A lease that may be there although its writing failed would hold up the next run.
      if RunLease.mayExist(after: error) { await end(lease) }
      throw error
    }
  }

  private func encodeSettings() throws -> EncodeSettings {
    let spec = context.plan.spec
    let encryption: StreamEncryption
    if let age = spec.encryption?.age {
      encryption = .age(try age.recipients.map { try AgeRecipient($0) })
    } else if spec.encryption?.none?.acknowledged == true {
      encryption = .none
    } else {
      throw RunFailure(
        step: .prepare, reason: .invalidSpec,
        message: "spec.encryption is required: write age.recipients, or none.acknowledged: true")
    }
    let isCompressed = (spec.compression ?? .zstd) == .zstd
    return EncodeSettings(
      compression: isCompressed ? .zstd(level: ZstdCompressor.defaultLevel) : .none,
      encryption: encryption)
  }

  private func capture(
    _ source: any SnapshotSource, id: BackupID, _ settings: EncodeSettings
  ) async throws -> (Manifest.Artifact, facts: SnapshotFacts) {
    let encodings = settings.encodings.map(\.rawValue)
    let key = context.layout.artifactKey(
      of: id, source: source.name, fileExtension: source.fileExtension, encodings: encodings)
    let target = context.plan.spec.target
    // A store that signs every part gets the parts' digests from the pass that hashes the whole.
    let digests = context.store.usesPartSHA256 ? PartDigests(partSize: Int(target.partSizeBytes)) : nil
    var options = UploadOptions(
      partSize: Int(target.partSizeBytes), concurrency: target.resolvedConcurrency, logger: context.logger)
    if let digests { options.partSHA256 = { digests.take($0) } }
    do {
      let (stream, _) = try await withUpload(to: key, in: context.store, options: options) { uploader in
        var pages = ProgramPages(early: 2 * options.partSize)
        let outcome = try await withEncodedStream(settings, partDigests: digests) { sink in
          try await source.capture(into: sink)
        } body: { stream in
          for try await chunk in stream {
            try await uploader.write(chunk)
            pages.didTransfer(chunk.readableBytes)
            stream.recycle(chunk)
          }
        }
        return (facts: outcome.produced, summary: outcome.summary)
      }
      let summary = stream.summary
      context.logger.info(
        "source captured",
        metadata: [
          "backup.id": "\(id)", "source": "\(source.name)", "plain.bytes": "\(summary.plainBytes)",
          "stored.bytes": "\(summary.storedBytes)",
        ])
      return (
        Manifest.Artifact(
          source: source.name, kind: source.kind, key: key, encodings: encodings, plainSize: summary.plainBytes,
          plainSHA256: summary.plainSHA256, storedSize: summary.storedBytes, storedSHA256: summary.storedSHA256,
          facts: Self.recorded(stream.facts)),
        stream.facts
      )
    } catch {
      throw ErrorMapping.failure(error, step: .upload, source: source.name)
    }
  }

  /// What is missing stays with the backup, wherever it is read from.
  private static func recorded(_ facts: SnapshotFacts) -> [String: String] {
    guard !facts.missing.isEmpty else { return facts.values }
    let shown = facts.missing.prefix(100).joined(separator: "; ")
    let rest = facts.missing.count - 100
    return facts.values.merging(["missing": rest > 0 ? "\(shown); and \(rest) more" : shown]) { $1 }
  }

  private func makeManifest(_ id: BackupID, _ artifacts: [Manifest.Artifact]) -> Manifest {
    let plan = context.plan
    return Manifest(
      id: id,
      policy: Manifest.Policy(namespace: plan.policy.namespace, name: plan.policy.name, uid: plan.policy.uid),
      clusterID: plan.clusterID, createdAt: Timestamp(id.date).description,
      completedAt: Timestamp(context.now()).description, trigger: context.identity.trigger.rawValue,
      holdfastVersion: context.settings.version, recipients: plan.spec.encryption?.age?.recipients ?? [],
      artifacts: artifacts)
  }

  /// Removes all that this run wrote. The manifest first: it may be there although its writing seemed to fail, and
  /// without its artifacts it must not be. The lease last: it tells the next run that the rest is nobody's.
  private func discard(_ id: BackupID, _ lease: RunLease) async {
    let limit = Task.isCancelled ? context.settings.interruptedCleanupLimit : context.settings.cleanupLimit
    let (store, layout, permissions) = (context.store, context.layout, permissions)
    let problem = await cleaningUp(within: limit, clock: context.clock) {
      try await store.delete(layout.manifestKey(of: id))
      try await PruneRun.abortUploads(below: layout.prefix(of: id), in: store)
      // What cannot be listed stays as debris; the lease's key is known.
      let objects = try await permissions.unlessDenied(.list) { try await store.listAll(prefix: layout.prefix(of: id)) }
      for object in objects ?? [] where object.key != lease.key { try await store.delete(object.key) }
      try await lease.end()
    }
    if let problem {
      context.logger.warning(
        "not cleaned up; a later run does it", metadata: ["backup.id": "\(id)", "error": "\(problem)"])
    }
  }

  // MARK: After that

  private func describe(_ manifest: Manifest, _ result: inout ExecutorResult) {
    let prefix = context.layout.prefix(of: manifest.id)
    result.outcome = .succeeded
    result.id = manifest.id.rawValue
    result.location = context.location(of: manifest.id, in: context.layout)
    result.artifacts = manifest.artifacts.map {
      Backup.Artifact(
        source: $0.source, key: String($0.key.dropFirst(prefix.count)), plainSize: $0.plainSize,
        plainSHA256: $0.plainSHA256, storedSize: $0.storedSize, storedSHA256: $0.storedSHA256)
    }
    result.anomaly = manifest.anomaly.map { Backup.Anomaly($0) }
    if let anomaly = result.anomaly {
      context.logger.warning(
        "the backup is suspiciously small",
        metadata: ["backup.id": "\(manifest.id)", "message": "\(anomaly.message ?? "")"])
    }
    // What is missing is told once.
    result.facts = Dictionary(
      uniqueKeysWithValues: manifest.artifacts.map { ($0.source, $0.facts.filter { $0.key != "missing" }) })
    context.logger.info("backup complete", metadata: ["backup.id": "\(manifest.id)"])
  }

  /// The backup is good whatever becomes of this.
  private func prune(_ lease: RunLease, _ result: inout ExecutorResult) async {
    // What a restore is about to bring back may be the oldest; the next run prunes.
    guard context.identity.trigger != .safety else { return }
    guard !permissions.lacks(.list) else { return }
    do {
      let report = try await lease.whileKept { try await PruneRun(context: context).run(lease: lease) }
      result.prune = ExecutorResult.Prune(report)
      addWarnings(report.warnings, to: &result)
    } catch {
      let failure = ErrorMapping.failure(error, step: .prune)
      addWarnings(["old backups were not removed: \(failure.message)"], to: &result)
      context.logger.warning("prune failed", metadata: ["error": "\(failure)"])
    }
  }

  private func addWarnings(_ warnings: [String], to result: inout ExecutorResult) {
    if !warnings.isEmpty { result.warnings = (result.warnings ?? []) + warnings }
  }

  private func end(_ lease: RunLease) async {
    let problem = await cleaningUp(within: context.settings.interruptedCleanupLimit, clock: context.clock) {
      try await lease.end()
    }
    if (problem as? ObjectStoreError)?.code == .accessDenied { permissions.note(.delete) }
    if let problem { context.logger.warning("lease not removed", metadata: ["error": "\(problem)"]) }
  }
}
