internal import BackupFormat
internal import Foundation
internal import NIOCore
internal import ObjectStore

/// The content of `<id>/.running`: who works below that id. See ``RunLease``.
struct LeaseRecord: Codable, Sendable, Hashable {
  static let name = ".running"
  static let maximumBytes = 16 << 10

  struct Holder: Codable, Sendable, Hashable {
    var clusterID: String?
    var namespace: String?
    var job: String?
    var pod: String?
    var process: ProcessIdentity?

    /// A Job starts a pod only after its last one has ended (`podReplacementPolicy: Failed`, one at a time).
    func isEarlierPod(ofJobOf other: Holder) -> Bool {
      guard let job, let pod, let otherPod = other.pod else { return false }
      return job == other.job && namespace == other.namespace && clusterID == other.clusterID && pod != otherPod
    }
  }

  enum Phase: String, Codable, Sendable, Hashable {
    /// For its turn: see ``RunQueue``.
    case waiting
    case running
  }

  var leaseVersion = 1
  var operation: String
  /// nil counts as running.
  var phase: Phase?
  /// RFC 3339.
  var startedAt: String
  var holder: Holder
  /// Counts the renewals.
  var beat: Int

  /// nil where it is gone or cannot be read.
  static func read(_ key: String, from store: any ObjectStore) async throws -> LeaseRecord? {
    do {
      let bytes = try await store.getBytes(key, upTo: maximumBytes)
      return try? JSONDecoder().decode(LeaseRecord.self, from: Data(bytes.readableBytesView))
    } catch let error as ObjectStoreError where [.notFound, .failed].contains(error.code) {
      return nil
    }
  }
}

/// Whether the run that a lease speaks for may still be writing.
enum LeaseVerdict: Sendable, Hashable {
  case alive
  case dead(String)

  /// - Parameters:
  ///   - record: nil where it cannot be read; then only its age counts.
  ///   - storeNow: The store's own clock, which also made `lease.lastModified`.
  static func judge(
    record: LeaseRecord?, lease: ObjectInfo, storeNow: Date, lifetime: Duration, me: LeaseRecord.Holder,
    processes: any ProcessTable
  ) -> LeaseVerdict {
    if let process = record?.holder.process, processes.isGone(process) {
      return .dead("its process \(process.pid) on this machine has ended")
    }
    if let holder = record?.holder, holder.isEarlierPod(ofJobOf: me) {
      return .dead("it was an earlier pod of this Job")
    }
    guard let modified = lease.lastModified else { return .alive }
    let age = storeNow.timeIntervalSince(modified)
    guard age >= lifetime.timeInterval else { return .alive }
    return .dead("its lease was last renewed \(Int(age)) s ago")
  }
}

extension Duration {
  var timeInterval: TimeInterval {
    TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
  }
}
