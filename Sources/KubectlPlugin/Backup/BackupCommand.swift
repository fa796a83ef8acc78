import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Take a backup now.",
    discussion: """
      Creates a Backup of the policy. With --wait it follows it to its end and ends with 0 only where the backup is Completed \
      (and, with --require-verified, was read back and is good). With --trigger preUpgrade it also fails on a suspicious one, and \
      waits until the policy, where it has spec.preUpgrade, is ready for an upgrade. The run goes on whatever becomes of this command.
      """)

  enum Trigger: String, ExpressibleByArgument, CaseIterable { case manual, preUpgrade }

  @OptionGroup var cluster: ClusterOptions

  @Argument(help: "The BackupPolicy's name.", completion: .custom { _, _, _ in [] })
  var policy: String

  @Flag(help: "Wait for the end.")
  var wait = false

  @Option(help: "How long to wait: 30m, 2h.")
  var timeout = DurationArgument(.seconds(1_800))

  @Option(help: "The Backup's name. Default: the policy's and five characters.")
  var name: String?

  @Option(help: "What the Backup says it was taken for: manual or preUpgrade.")
  var trigger = Trigger.manual

  @Flag(help: "Have it read back, and wait for the verdict. Implies --wait.")
  var requireVerified = false

  func run() async throws {
    try await cluster.run { session in
      let starter = BackupStarter(session: session)
      let found = try await starter.check(policy: policy)
      let backup = try await starter.create(
        policy: policy, name: name, trigger: trigger.rawValue, isVerified: requireVerified)
      session.console.say("backup.holdfast.dev/\(backup.key.name) created")
      guard wait || requireVerified else {
        session.console.note("follow it: kubectl holdfast describe \(backup.key.name)\(session.flag)", .faint)
        return .done
      }
      let story = BackupStory(
        name: backup.key.name, namespace: session.namespace, sources: found?.spec.sources.count,
        verification: backup.metadata.annotations?[HoldfastAPI.verifyNowAnnotation],
        hasBar: session.console.errorsAreTerminal, isPreUpgrade: trigger == .preUpgrade,
        gate: trigger == .preUpgrade && found?.spec.preUpgrade != nil ? GateWait(policy: policy) : nil)
      var waiter = Waiter<BackupStory>(session: session, name: backup.key.name, timeout: timeout.duration) { backup in
        guard backup.status?.phase == .running else { return nil }
        return await session.client.runLog(job: backup.status?.job, namespace: session.namespace)
      }
      if story.gate != nil {
        waiter.readPolicy = { backup in
          // What the policy says before is of other backups.
          backup.status?.phase == .completed ? await session.look(at: policy) : nil
        }
      }
      return session.tell(await waiter.run(story))
    }
  }
}

/// A duration on the command line, as in a policy.
struct DurationArgument: ExpressibleByArgument {
  var duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = try? DurationText.parse(argument), duration > .zero else { return nil }
    self.duration = duration
  }

  var defaultValueDescription: String { DurationText.format(duration) }
}

/// Looks at the policy and creates the Backup.
struct BackupStarter: Sendable {
  let session: Session

  /// - Returns: The policy; nil where it may not be read, which creating a Backup does not need.
  /// - Throws: ``PluginFailure`` where there is no such policy.
  func check(policy name: String) async throws -> BackupPolicy? {
    do {
      let policy = try await session.client.get(BackupPolicy.self, name: name, namespace: session.namespace)
      if let ready = policy.status?.conditions?.first(where: { $0.type == "Ready" }), ready.status == .false {
        session.console.warn("BackupPolicy \(name) is not Ready: \(ready.message)")
      }
      return policy
    } catch let error as KubernetesError where error.code == .forbidden || error.code == .decoding {
      return nil
    } catch let error as KubernetesError where error.code == .notFound && !error.isMissingResource {
      throw await session.missing(BackupPolicy.self, name)
    }
  }

  /// Creates it once, also where the answer to the first try is lost.
  ///
  /// The name is made here and not by the server's `generateName`: a second try then meets the first one's object.
  func create(policy: String, name: String?, trigger: String, isVerified: Bool) async throws -> Backup {
    let token = Self.suffix(8)
    var annotations = [HoldfastAPI.triggerAnnotation: trigger]
    if isVerified { annotations[HoldfastAPI.verifyNowAnnotation] = token }
    let backup = Backup(
      metadata: ObjectMeta(
        name: name ?? Self.name(policy: policy), namespace: session.namespace, annotations: annotations),
      spec: Backup.Spec(policyRef: NameReference(name: policy)))
    let creation = session.creation(of: backup)
    switch try await creation.run() {
    case .created(let made): return made
    case .unclear(let error): throw error
    case .exists(let isLater):
      guard isLater, name == nil else {
        throw PluginFailure(
          "there is a Backup \(backup.key.name) in namespace \(session.namespace) already",
          remedy: "leave --name away, or choose another")
      }
      return try await creation.find()
    }
  }

  /// As `generateName` makes one: the policy's name and five characters.
  static func name(policy: String) -> String { "\(policy.prefix(57))-\(suffix(5))" }

  /// Letters and digits without those that make words, as the API server takes them.
  static func suffix(_ count: Int) -> String {
    let letters = Array("bcdfghjklmnpqrstvwxz2456789")
    return String((0..<count).map { _ in letters.randomElement() ?? "x" })
  }
}

extension Session {
  /// That there is no such object, with those that there are.
  func missing<Object: KubernetesObject>(_ type: Object.Type, _ name: String) async -> PluginFailure {
    let kind = Object.resource.kind
    let message = "there is no \(kind) \(name) in namespace \(namespace)"
    guard let list = try? await client.list(type, namespace: namespace) else { return PluginFailure(message) }
    let names = list.items.map(\.key.name).sorted()
    guard !names.isEmpty else {
      return PluginFailure(message, remedy: "there is none at all in this namespace; choose another with -n")
    }
    let shown = names.suffix(10).joined(separator: ", ")
    return PluginFailure(message, remedy: "there \(names.count == 1 ? "is" : "are"): \(shown)")
  }

  /// An object that a person named.
  func find<Object: KubernetesObject>(_ type: Object.Type, _ name: String) async throws -> Object {
    do {
      return try await client.get(type, name: name, namespace: namespace)
    } catch let error as KubernetesError where error.code == .notFound && !error.isMissingResource {
      throw await missing(type, name)
    }
  }
}
