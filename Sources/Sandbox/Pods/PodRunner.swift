import Foundation
import KubernetesModel
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// Plays scheduler and kubelet for one node: runs each pod's containers as local processes, in a folder of their own.
///
/// What a container runtime would give and this does not: images, isolation of files, users, network and memory. See
/// ``ImageMap`` and ``PathRewriting`` for what stands in for them.
final class PodRunner: Service, PodLogProvider {
  static let nodeName = "sandbox"

  private let cluster: any ClusterAccess
  private let images: ImageMap
  private let dataDirectory: String
  private let logger: Logger
  private let handles = Mutex<[String: PodHandle]>([:])
  private let issueToken: @Sendable (String, String, String, Int64) -> String

  /// - Parameters:
  ///   - dataDirectory: For volumes, logs and claims; made if it is not there.
  ///   - issueToken: Makes service account tokens: namespace, account, audience, seconds.
  init(
    cluster: any ClusterAccess, images: ImageMap, dataDirectory: String, logger: Logger,
    issueToken: @escaping @Sendable (String, String, String, Int64) -> String
  ) {
    self.cluster = cluster
    self.images = images
    self.dataDirectory = dataDirectory
    self.logger = logger
    self.issueToken = issueToken
  }

  func run() async throws {
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        for await event in cluster.watch(.pods).cancelOnGracefulShutdown() { handle(event, in: &group) }
        stopAll()
      }
    } onGracefulShutdown: {
      self.stopAll()
    }
  }

  func handle(ofPod uid: String) -> PodHandle? { handles.withLock { $0[uid] } }

  /// Ends every process within five seconds: the sandbox leaves nothing running.
  private func stopAll() {
    for handle in handles.withLock({ Array($0.values) }) { handle.stop(grace: .seconds(5)) }
  }

  private func handle(_ event: (type: String, object: JSONValue), in group: inout DiscardingTaskGroup) {
    let pod = event.object
    // A pod is remembered until it is deleted: an event from before its end may come after it, and must not run it again.
    let known = handles.withLock { $0[pod.objectUID] }
    if event.type == "DELETED" {
      known?.stop(grace: .zero)
      _ = handles.withLock { $0.removeValue(forKey: pod.objectUID) }
    } else if let known {
      if pod.isBeingDeleted, known.isFinished {
        group.addTask { await self.remove(pod) }
      } else if pod.isBeingDeleted, !known.isStopping {
        known.stop(grace: grace(of: pod))
      }
    } else if pod.phase != "Succeeded", pod.phase != "Failed" {
      start(pod, in: &group)
    } else if pod.isBeingDeleted {
      group.addTask { await self.remove(pod) }
    }
  }

  private func start(_ pod: JSONValue, in group: inout DiscardingTaskGroup) {
    let handle = PodHandle()
    if pod.isBeingDeleted { handle.stop(grace: .zero) }
    handles.withLock { $0[pod.objectUID] = handle }
    let folder = folder(of: pod.objectUID)
    let volumes = VolumeBuilder(
      cluster: cluster, folder: folder, claims: dataDirectory + "/claims", issueToken: issueToken)
    group.addTask {
      _ = try? await self.cluster.mergePatch(
        .pods, namespace: pod.namespace, name: pod.objectName, patch: ["spec": ["nodeName": .string(Self.nodeName)]],
        subresource: nil)
      self.logger.info(
        "pod starts", metadata: ["pod.name": "\(pod.objectName)", "pod.namespace": "\(pod.namespace ?? "")"])
      await PodWorker(
        cluster: self.cluster, images: self.images, pod: pod, handle: handle, folder: folder, volumes: volumes
      ).run()
      handle.finish()
      // A pod that was told to go is removed once its processes are gone.
      if let current = try? await self.cluster.get(.pods, namespace: pod.namespace, name: pod.objectName),
        current.objectUID == pod.objectUID, current.isBeingDeleted
      {
        await self.remove(current)
      }
    }
  }

  private func remove(_ pod: JSONValue) async {
    try? await cluster.delete(
      .pods, namespace: pod.namespace, name: pod.objectName, uid: pod.objectUID, propagation: nil,
      gracePeriodSeconds: 0)
  }

  private func grace(of pod: JSONValue) -> Duration {
    .seconds(
      pod[path: "metadata", "deletionGracePeriodSeconds"]?.integerValue
        ?? pod[path: "spec", "terminationGracePeriodSeconds"]?.integerValue ?? 30)
  }

  private func folder(of uid: String) -> String { "\(dataDirectory)/pods/\(uid)" }

  static func logPath(folder: String, container: String, attempt: Int) -> String {
    let logs = "\(folder)/logs"
    try? FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
    return "\(logs)/\(container).\(attempt).log"
  }

  func log(
    namespace: String, pod name: String, container: String?, follow: Bool, tailLines: Int?, previous: Bool,
    sinceSeconds: Int?, timestamps: Bool
  ) async throws(APIError) -> AsyncStream<ByteBuffer> {
    guard !timestamps, sinceSeconds == nil else {
      throw APIError.notImplemented("pod logs by time (timestamps, sinceSeconds)")
    }
    let pod = try await cluster.get(.pods, namespace: namespace, name: name)
    let names = (pod[path: "spec", "containers"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    let initNames = (pod[path: "spec", "initContainers"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    guard let chosen = container ?? (names.count == 1 ? names.first : nil) else {
      throw APIError.badRequest(
        "a container name must be specified for pod \(name), choose one of: [\(names.joined(separator: " "))]")
    }
    guard (names + initNames).contains(chosen) else {
      throw APIError.badRequest("container \(chosen) is not valid for pod \(name)")
    }
    let statuses =
      (pod[path: "status", "containerStatuses"]?.arrayValue ?? [])
      + (pod[path: "status", "initContainerStatuses"]?.arrayValue ?? [])
    let status = statuses.first { $0["name"]?.stringValue == chosen }
    let attempt = Int(status?["restartCount"]?.integerValue ?? 0) - (previous ? 1 : 0)
    if previous, attempt < 0 {
      throw APIError.badRequest("previous terminated container \"\(chosen)\" in pod \"\(name)\" not found")
    }
    if attempt == 0, let waiting = status?[path: "state", "waiting", "reason"]?.stringValue {
      throw APIError.badRequest(
        "container \"\(chosen)\" in pod \"\(name)\" is waiting to start: \(waiting)")
    }
    let reader = LogReader(
      path: Self.logPath(folder: folder(of: pod.objectUID), container: chosen, attempt: attempt), tailLines: tailLines)
    return reader.stream(follow: follow && !previous) { [self] in
      handles.withLock { $0[pod.objectUID].map { !$0.isFinished } ?? false }
    }
  }
}

/// Reads a log file, and waits for more while its pod runs.
struct LogReader: Sendable {
  let path: String
  let tailLines: Int?

  func stream(follow: Bool, isRunning: @escaping @Sendable () -> Bool) -> AsyncStream<ByteBuffer> {
    let state = Mutex<(handle: FileHandle?, isFirst: Bool)>((FileHandle(forReadingAtPath: path), true))
    return AsyncStream {
      while !Task.isCancelled {
        let running = isRunning()  // Read before the file, so that the last lines are not missed.
        let data = state.withLock { state -> Data in
          var data = (try? state.handle?.readToEnd()) ?? Data()
          if state.isFirst, let tailLines { data = Self.tail(data, lines: tailLines) }
          state.isFirst = false
          return data
        }
        if !data.isEmpty { return ByteBuffer(bytes: data) }
        guard follow, running else { return nil }
        try? await Task.sleep(for: .milliseconds(50))
      }
      return nil
    }
  }

  private static func tail(_ data: Data, lines: Int) -> Data {
    var lines = lines
    var index = data.endIndex
    if data.last == 0x0A { index -= 1 }
    while index > data.startIndex {
      if data[index - 1] == 0x0A {
        lines -= 1
        if lines <= 0 { break }
      }
      index -= 1
    }
    return lines <= 0 || index == data.startIndex ? Data(data[index...]) : data
  }
}
