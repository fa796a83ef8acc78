import Foundation
import KubernetesModel

/// Runs one pod from its start to its end, and writes its status. One for each pod; made by ``PodRunner``.
struct PodWorker: Sendable {
  let cluster: any ClusterAccess
  let images: ImageMap
  let pod: JSONValue
  let handle: PodHandle
  /// `<data>/pods/<uid>`.
  let folder: String
  let volumes: VolumeBuilder
  private let tracker: StatusTracker

  init(
    cluster: any ClusterAccess, images: ImageMap, pod: JSONValue, handle: PodHandle, folder: String,
    volumes: VolumeBuilder
  ) {
    self.cluster = cluster
    self.images = images
    self.pod = pod
    self.handle = handle
    self.folder = folder
    self.volumes = volumes
    tracker = StatusTracker(cluster: cluster, pod: pod)
  }

  private var restartPolicy: String { pod[path: "spec", "restartPolicy"]?.stringValue ?? "Always" }

  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await grace in handle.stops {
          handle.signal(SIGTERM)
          try? await Task.sleep(for: grace)
          if Task.isCancelled { return }
          handle.signal(SIGKILL)
        }
      }
      await lifecycle()
      group.cancelAll()
    }
  }

  private func lifecycle() async {
    await tracker.publish()
    guard let mounts = await prepareVolumes() else { return await end("Failed") }
    for (index, container) in (pod[path: "spec", "initContainers"]?.arrayValue ?? []).enumerated() {
      guard await runToEnd(container, at: index, isInit: true, mounts: mounts) == 0 else { return await end("Failed") }
    }
    let codes = await withTaskGroup(of: Int32.self) { group in
      for (index, container) in (pod[path: "spec", "containers"]?.arrayValue ?? []).enumerated() {
        group.addTask { await runToEnd(container, at: index, isInit: false, mounts: mounts) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    await end(codes.allSatisfy { $0 == 0 } ? "Succeeded" : "Failed")
  }

  private func end(_ phase: String) async {
    await tracker.change { $0.phase = phase }
  }

  /// Waits, as the kubelet does, until everything that the volumes name is there.
  private func prepareVolumes() async -> [String: String]? {
    var reported: String?
    while !handle.isStopping, !Task.isCancelled {
      do {
        return try await volumes.build(pod)
      } catch {
        if reported != error.message { await report(error) }
        reported = error.message
        await tracker.change { status in
          status.isUnschedulable = error.reason == "Unschedulable" ? error.message : nil
        }
        await pause(.seconds(1))
      }
    }
    return nil
  }

  /// Runs a container, again where its restart policy says so, and gives the last exit code.
  private func runToEnd(_ container: JSONValue, at index: Int, isInit: Bool, mounts: [String: String]) async -> Int32 {
    var delay = Duration.seconds(10)
    var attempt = 0
    while true {
      guard let command = await resolve(container, at: index, isInit: isInit, mounts: mounts) else { return 1 }
      let outcome = await execute(container, command, attempt: attempt, at: index, isInit: isInit)
      let restarts = restartPolicy == "Always" && !isInit || restartPolicy != "Never" && outcome.exitCode != 0
      await tracker.change(container: index, isInit: isInit) { $0.state = .terminated(outcome) }
      guard restarts, !handle.isStopping, !Task.isCancelled else { return outcome.exitCode }
      let backoff = "back-off \(delay)"
      await tracker.change(container: index, isInit: isInit) {
        $0.state = .waiting(reason: "CrashLoopBackOff", message: "\(backoff) restarting failed container")
        $0.last = outcome
        $0.restarts += 1
      }
      await pause(delay)
      guard !handle.isStopping, !Task.isCancelled else { return outcome.exitCode }
      delay = min(delay * 2, .seconds(300))
      attempt += 1
    }
  }

  private func execute(_ container: JSONValue, _ command: ContainerCommand, attempt: Int, at index: Int, isInit: Bool)
    async -> ContainerRun.Outcome
  {
    let name = container["name"]?.stringValue ?? ""
    let run = ContainerRun(
      command: command, logPath: PodRunner.logPath(folder: folder, container: name, attempt: attempt),
      terminationMessagePath: rootFolder(name) + terminationMessagePath(container),
      terminationMessagePolicy: container["terminationMessagePolicy"]?.stringValue ?? "File", handle: handle)
    defer { handle.ended(name) }
    return await run.run {
      handle.began(name, command)
      await tracker.change { status in
        if !isInit { status.phase = "Running" }
      }
      await tracker.change(container: index, isInit: isInit) { $0.state = .running(since: Date()) }
    }
  }

  /// Waits until the container can start; nil where the pod is stopped before.
  private func resolve(_ container: JSONValue, at index: Int, isInit: Bool, mounts: [String: String]) async
    -> ContainerCommand?
  {
    var pulls = 0
    while !handle.isStopping, !Task.isCancelled {
      do {
        return try await ContainerCommand.resolve(
          container, pod: pod, images: images, rewriting: try makeRoot(of: container, mounts: mounts), cluster: cluster)
      } catch {
        if error.reason == "ErrImagePull" { pulls += 1 }
        let reason = pulls > 1 ? "ImagePullBackOff" : error.reason
        if pulls <= 1 { await report(error) }
        await tracker.change(container: index, isInit: isInit) {
          $0.state = .waiting(reason: reason, message: error.message)
        }
        await pause(.seconds(1))
      }
    }
    return nil
  }

  /// The container's own view of its mounts: links below a folder that stands for `/`.
  private func makeRoot(of container: JSONValue, mounts: [String: String]) throws(StartProblem) -> PathRewriting {
    let root = rootFolder(container["name"]?.stringValue ?? "")
    var paths = [terminationMessagePath(container)]
    do {
      for mount in container["volumeMounts"]?.arrayValue ?? [] {
        guard let path = mount["mountPath"]?.stringValue, let source = mounts[mount["name"]?.stringValue ?? ""] else {
          throw StartProblem(reason: "CreateContainerConfigError", message: "a volumeMount names no volume of the pod")
        }
        let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
        let target = mount["subPath"]?.stringValue.map { "\(source)/\($0)" } ?? source
        try link(root + trimmed, to: target)
        paths.append(trimmed)
      }
      try FileManager.default.createDirectory(
        atPath: ((root + paths[0]) as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    } catch let error as StartProblem {
      throw error
    } catch {
      throw StartProblem(reason: "CreateContainerError", message: "\(error)", event: "Failed")
    }
    return PathRewriting(root: root, mountPaths: paths)
  }

  private func link(_ path: String, to target: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    if (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil {
      try FileManager.default.removeItem(atPath: path)
    }
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
  }

  private func rootFolder(_ container: String) -> String { "\(folder)/root/\(container)" }

  private func terminationMessagePath(_ container: JSONValue) -> String {
    container["terminationMessagePath"]?.stringValue ?? "/dev/termination-log"
  }

  /// Sleeps in short steps, so that a stop is seen at once.
  private func pause(_ duration: Duration) async {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end, !handle.isStopping, !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  private func report(_ problem: StartProblem) async {
    guard let event = problem.event else { return }
    let writer = EventWriter(cluster: cluster, component: event == "FailedScheduling" ? "default-scheduler" : "kubelet")
    await writer.record(
      pod, kind: "Pod", apiVersion: "v1", type: "Warning", reason: event, message: problem.message)
  }
}

/// The one writer of a pod's status.
private actor StatusTracker {
  private let cluster: any ClusterAccess
  private let pod: JSONValue
  private var status: PodStatus
  private var isWriting = false
  private var isDirty = false

  init(cluster: any ClusterAccess, pod: JSONValue) {
    self.cluster = cluster
    self.pod = pod
    status = PodStatus(pod: pod, startTime: Date())
  }

  func change(_ body: @Sendable (inout PodStatus) -> Void) async {
    body(&status)
    await publish()
  }

  func change(container index: Int, isInit: Bool, _ body: @Sendable (inout PodStatus.Container) -> Void) async {
    if isInit { body(&status.initContainers[index]) } else { body(&status.containers[index]) }
    await publish()
  }

  /// Writes one after another, so that an older status never overtakes a newer one.
  func publish() async {
    isDirty = true
    guard !isWriting else { return }
    isWriting = true
    while isDirty {
      isDirty = false
      _ = try? await cluster.mergePatch(
        .pods, namespace: pod.namespace, name: pod.objectName,
        patch: ["metadata": ["uid": .string(pod.objectUID)], "status": status.json], subresource: "status")
    }
    isWriting = false
  }
}
