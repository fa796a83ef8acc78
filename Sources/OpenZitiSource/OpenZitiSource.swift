public import Foundation
public import KubernetesClient
public import NIOCore
public import SnapshotSource

/// A snapshot of an OpenZiti controller's database.
///
/// The controller writes it beside its database, since no API streams one; it is fetched, checked as it passes, and removed
/// again, also where the capture failed. Never the live file itself, unless a person allowed that.
public struct OpenZitiSource: SnapshotSource {
  public let name: String
  public let kind = "openZiti"
  public let fileExtension = "db"
  private let configuration: OpenZitiConfiguration
  private let client: KubernetesClient?
  private let now: @Sendable () -> Date
  private let random: @Sendable () -> String

  /// - Parameters:
  ///   - client: For a configuration with pods.
  ///   - random: Six characters of `a`-`z` and `0`-`9`.
  public init(
    name: String, configuration: OpenZitiConfiguration, client: KubernetesClient? = nil,
    now: @escaping @Sendable () -> Date = { Date() },
    random: (@Sendable () -> String)? = nil
  ) {
    self.name = name
    self.configuration = configuration
    self.client = client
    self.now = now
    self.random = random ?? SnapshotName.random
  }

  public func capture(into sink: (ByteBuffer) async throws -> Void) async throws -> SnapshotFacts {
    let controller = try await ControllerLocator(configuration: configuration, client: client).locate()
    return try await capture(controller, into: sink)
  }

  func capture(
    _ controller: LocatedController, into sink: (ByteBuffer) async throws -> Void
  ) async throws -> SnapshotFacts {
    let base = configuration.snapshotPath ?? configuration.databasePath
    let path = try SnapshotName.make(beside: base, now: now(), random: random())
    let folder = SnapshotName.split(base).folder
    let before = try await controller.shelf.names(in: folder)
    let deadline = ContinuousClock.now + configuration.timeout
    await removeLeftOvers(before, beside: base, controller.shelf)
    do {
      let taken = try await controller.taker.take(path, until: deadline)
      let file = try await locate(taken, path, Set(before), folder, controller.shelf, until: deadline)
      return try await fetch(file, taken, controller, until: deadline, into: sink)
    } catch let error as SnapshotsUnknown {
      guard configuration.allowLiveCopy else {
        throw SnapshotSourceError(
          .configuration, operation: "snapshot of \(base)",
          message:
            "the controller cannot be told to take a snapshot (\(error.message)); set allowLiveCopy to take its live "
            + "file, which may be torn")
      }
      return try await stream(configuration.databasePath, controller, into: sink)
    } catch {
      // Also where nobody knows whether the controller wrote it.
      _ = await remove(path, controller.shelf)
      throw error
    }
  }

  /// Where the snapshot is. The edge API does not say; it is the one file that was not there before.
  private func locate(
    _ taken: TakenSnapshot, _ path: String, _ before: Set<String>, _ folder: String, _ shelf: any SnapshotShelf,
    until deadline: ContinuousClock.Instant
  ) async throws -> String {
    if let written = taken.path { return written }
    let operation = "search for the snapshot in \(folder)"
    while true {
      let new = try await shelf.names(in: folder).filter {
        !before.contains($0) && SnapshotName.isControllersOwn($0, of: configuration.databasePath)
      }
      if let only = new.first, new.count == 1 { return folder + only }
      guard new.isEmpty else {
        throw SnapshotSourceError(
          .failed, operation: operation,
          message: "several snapshots appeared at once (\(new.sorted().joined(separator: ", "))), and none is removed: "
            + "somebody else takes them too")
      }
      guard taken.mayStillBeWritten, ContinuousClock.now < deadline else {
        throw SnapshotSourceError(
          .configuration, operation: operation,
          message:
            "the controller says that it took a snapshot, and there is no new file in \(folder); correct databasePath")
      }
      try await Task.sleep(for: .seconds(2))
    }
  }

  private func fetch(
    _ file: String, _ taken: TakenSnapshot, _ controller: LocatedController, until deadline: ContinuousClock.Instant,
    into sink: (ByteBuffer) async throws -> Void
  ) async throws -> SnapshotFacts {
    do {
      if taken.mayStillBeWritten { try await waitUntilWhole(file, controller.shelf, until: deadline) }
      var facts = try await stream(file, controller, into: sink)
      facts.values.merge(taken.facts) { mine, _ in mine }
      facts.warnings += taken.warnings
      if let problem = await remove(file, controller.shelf) { facts.warnings.append(problem) }
      return facts
    } catch {
      _ = await remove(file, controller.shelf)
      throw error
    }
  }

  /// Reads the file without keeping it until it is a whole snapshot: the controller writes it under its final name, and
  /// marks it last.
  private func waitUntilWhole(
    _ file: String, _ shelf: any SnapshotShelf, until deadline: ContinuousClock.Instant
  ) async throws {
    while true {
      let verdict = try? await verdict(of: file, shelf) { _ in }
      switch verdict {
      case .snapshot: return
      case .noSnapshot(let database) where database.origin == .unmarked: return
      default: break
      }
      try Task.checkCancellation()
      guard ContinuousClock.now < deadline else {
        throw SnapshotSourceError(
          .unreachable, operation: "wait for \(file)",
          message: "the controller took too long for its own limit, and the snapshot was not whole within "
            + "\(configuration.timeout); raise timeout")
      }
      try await Task.sleep(for: .seconds(2))
    }
  }

  private func stream(
    _ file: String, _ controller: LocatedController, into sink: (ByteBuffer) async throws -> Void
  ) async throws -> SnapshotFacts {
    let verdict = try await verdict(of: file, controller.shelf, into: sink)
    var facts = try judge(verdict, file)
    facts.values.merge(controller.facts) { mine, _ in mine }
    facts.warnings += controller.warnings
    return facts
  }

  private func verdict(
    of file: String, _ shelf: any SnapshotShelf, into sink: (ByteBuffer) async throws -> Void
  ) async throws -> OpenZitiVerdict {
    var check = OpenZitiDatabaseCheck()
    let idle = configuration.idle
    let place = shelf.place
    try await relayPieces(idle: idle) {
      SnapshotSourceError(
        .truncated, operation: "read \(file)", message: "\(place) sent nothing for \(idle) in the middle of the file")
    } produce: { hand in
      try await shelf.read(file, hand: hand)
    } consume: { bytes in
      check.consume(bytes)
      try await sink(bytes)
    }
    return check.finish()
  }

  private func judge(_ verdict: OpenZitiVerdict, _ file: String) throws -> SnapshotFacts {
    let operation = "check of \(file)"
    switch verdict {
    case .snapshot(let database): return facts(database)
    case .noSnapshot(let database):
      // Before v1.4 controllers did not mark what they wrote.
      if database.origin == .unmarked { return facts(database) }
      guard configuration.allowLiveCopy else {
        throw SnapshotSourceError(
          .corrupt, operation: operation,
          message: "\(verdict.message ?? "this is no snapshot"); set allowLiveCopy to take it all the same")
      }
      return facts(database, warnings: [verdict.message ?? "this is a raw copy"])
    case .otherDatabase, .damaged, .undecided:
      throw SnapshotSourceError(
        .corrupt, operation: operation, message: "the file fails its check: \(verdict.message ?? "unknown")")
    }
  }

  private func facts(_ database: OpenZitiDatabase, warnings: [String] = []) -> SnapshotFacts {
    var facts = SnapshotFacts(database.facts, warnings: warnings)
    facts.signers = Set(database.signerKeyIDs)
    return facts
  }

  // MARK: What is left on the controller

  private func removeLeftOvers(_ names: [String], beside base: String, _ shelf: any SnapshotShelf) async {
    for name in names where SnapshotName.isLeftOver(name, of: base, now: now()) {
      _ = await remove(SnapshotName.split(base).folder + name, shelf)
    }
  }

  /// - Returns: A warning where it stays.
  private func remove(_ path: String, _ shelf: any SnapshotShelf) async -> String? {
    await withoutCancellation {
      do {
        try await shelf.remove(path)
        return nil
      } catch {
        return "the snapshot \(path) stays in \(shelf.place) (\(error)); a later run removes it"
      }
    }
  }
}

extension SnapshotName {
  static func random() -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
    return String((0..<6).map { _ in letters[Int.random(in: 0..<letters.count)] })
  }
}
