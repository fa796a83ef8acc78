import Age
import ArgumentParser
import BackupFormat
import Executor
import Foundation
import HoldfastAPI
import JobPlan
import NIOCore

struct DownloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "download", abstract: "Fetch a backup to this machine, decrypt it here, and check it.",
    discussion: """
      Reads the policy's plan and the Secret of its target with your own rights, and the bucket from here. What comes out is the \
      source's own bytes; a file has its name only when all of it is there and is what the manifest says.
      """)

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "The Backup's name.")
  var backup: String

  @Option(help: ArgumentHelp("Only this source; may be repeated.", valueName: "name"))
  var source: [String] = []

  @Option(
    name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("The folder to write to.", valueName: "dir"))
  var folder = "."

  @Option(name: .shortAndLong, help: ArgumentHelp("A file with the age identity; may be repeated.", valueName: "file"))
  var identity: [String] = []

  @Option(help: "The store's URL as seen from here, where the policy has one within the cluster.")
  var endpoint: String?

  @Flag(help: "As it is in the bucket: compressed, and encrypted.")
  var stored = false

  @Flag(help: "Replace files that are there.")
  var force = false

  func run() async throws {
    try await cluster.run { session in
      let (name, wanted) = (backup, source)
      let identities = try readIdentities()
      let found = try await session.find(Backup.self, name)
      guard let id = found.status?.id, found.status?.phase == .completed else {
        throw PluginFailure(
          "Backup \(name) is \(found.status?.phase?.rawValue ?? "Pending"), and only a Completed one is in the bucket",
          remedy: "choose another: kubectl holdfast list\(session.flag)")
      }
      let downloader = Downloader(
        session: session, folder: folder, isStored: stored, mayReplace: force, identities: identities)
      let access = TargetAccess(session: session, policy: found.spec.policyRef.name, endpoint: endpoint)
      try await untilSignal {
        do {
          let plan = try await access.plan()
          try await ScratchFolder.with { scratch in
            let mounts = try await access.fetchInputs(of: plan, into: scratch)
            // The first question is asked with little patience: a store that is not there is not worth minutes.
            let manifest = try await access.withStore(plan, mounts, .preflight) {
              try await ArtifactDownload(id: id, plan: plan, store: $0).manifest
            }
            let artifacts = try downloader.choose(wanted, of: manifest)
            try await access.withStore(plan, mounts, .runs) { store in
              let download = try await ArtifactDownload(id: id, plan: plan, store: store)
              for artifact in artifacts { try await downloader.fetch(artifact, download) }
            }
          }
        } catch let failure as RunFailure {
          throw PluginFailure(failure, endpoint: endpoint)
        }
      }
      return .done
    }
  }

  private func readIdentities() throws -> [AgeIdentity] {
    do {
      return try identity.flatMap { try IdentityFiles.load(path: $0) }
    } catch let failure as RunFailure {
      throw PluginFailure(failure.message, remedy: "give a file that age-keygen has made")
    }
  }
}

/// Artifacts into files.
struct Downloader: Sendable {
  let session: Session
  let folder: String
  let isStored: Bool
  let mayReplace: Bool
  let identities: [AgeIdentity]

  /// - Throws: ``PluginFailure``: a source that is not there, an identity that is missing.
  func choose(_ wanted: [String], of manifest: Manifest) throws -> [Manifest.Artifact] {
    let names = manifest.artifacts.map(\.source)
    if let unknown = wanted.first(where: { !names.contains($0) }) {
      throw PluginFailure("the backup has no source \(unknown)", remedy: "it has: \(names.joined(separator: ", "))")
    }
    let chosen = manifest.artifacts.filter { wanted.isEmpty || wanted.contains($0.source) }
    if !isStored, identities.isEmpty, chosen.contains(where: ArtifactDownload.isEncrypted) {
      throw PluginFailure(
        "the backup is encrypted to \(manifest.recipients.joined(separator: ", "))",
        remedy: "give the identity of one of these with -i FILE, or take it as it is with --stored")
    }
    return chosen
  }

  /// The last part of the key, without what is taken off on the way.
  static func fileName(of artifact: Manifest.Artifact, isStored: Bool) -> String {
    var name = String(artifact.key.split(separator: "/").last ?? "artifact")
    guard !isStored else { return name }
    for suffix in [".age", ".zst"] where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
    return name
  }

  func fetch(_ artifact: Manifest.Artifact, _ download: ArtifactDownload) async throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw PluginFailure("the folder \(folder) cannot be made: \(error.localizedDescription)")
    }
    let name = Self.fileName(of: artifact, isStored: isStored)
    let file = try NewFile(path: "\(folder)/\(name)", mayReplace: mayReplace)
    let display = ProgressDisplay(session.console)
    defer { display.clear() }
    let total = isStored ? artifact.storedSize : artifact.plainSize
    let clock = ContinuousClock()
    let start = clock.now
    var drawn = start
    let take: (ByteBuffer) throws -> Void = { bytes in
      try Task.checkCancellation()
      try file.write(bytes)
      guard clock.now - drawn > .milliseconds(200) else { return }
      drawn = clock.now
      display.draw(
        Progress(
          fraction: total > 0 ? Double(file.bytes) / Double(total) : nil,
          parts: [name, "\(HumanText.bytes(file.bytes)) of \(HumanText.bytes(total))"], elapsed: clock.now - start))
    }
    do {
      if isStored {
        try await download.stored(artifact, consume: take)
      } else {
        try await download.plain(artifact, identities: identities, consume: take)
      }
    } catch let failure as RunFailure {
      // What the file says is the file's, not the store's.
      throw failure.cause as? PluginFailure ?? failure
    }
    try file.commit()
    display.clear()
    let digest = isStored ? artifact.storedSHA256 : artifact.plainSHA256
    session.console.say("\(file.path)   \(HumanText.bytes(file.bytes))   sha256:\(digest)")
  }
}
