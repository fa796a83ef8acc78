public struct PodStatus: Codable, Sendable, Hashable {
  /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
  public var phase: String?
  /// For example `Evicted` or `DeadlineExceeded`.
  public var reason: String?
  public var message: String?
  public var conditions: [PodCondition]?
  public var startTime: Timestamp?
  public var podIP: String?
  public var hostIP: String?
  public var initContainerStatuses: [ContainerStatus]?
  public var containerStatuses: [ContainerStatus]?

  public init(
    phase: String? = nil, reason: String? = nil, message: String? = nil, conditions: [PodCondition]? = nil,
    startTime: Timestamp? = nil, podIP: String? = nil, hostIP: String? = nil,
    initContainerStatuses: [ContainerStatus]? = nil, containerStatuses: [ContainerStatus]? = nil
  ) {
    self.phase = phase
    self.reason = reason
    self.message = message
    self.conditions = conditions
    self.startTime = startTime
    self.podIP = podIP
    self.hostIP = hostIP
    self.initContainerStatuses = initContainerStatuses
    self.containerStatuses = containerStatuses
  }
}

public struct PodCondition: Codable, Sendable, Hashable {
  public var type: String
  public var status: String
  public var reason: String?
  public var message: String?
  public var lastTransitionTime: Timestamp?

  public init(
    type: String, status: String, reason: String? = nil, message: String? = nil, lastTransitionTime: Timestamp? = nil
  ) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.lastTransitionTime = lastTransitionTime
  }
}

public struct ContainerStatus: Codable, Sendable, Hashable {
  public var name: String
  public var ready: Bool?
  public var restartCount: Int32?
  public var image: String?
  public var imageID: String?
  public var containerID: String?
  public var started: Bool?
  public var state: ContainerState?
  public var lastState: ContainerState?

  public init(
    name: String, ready: Bool? = nil, restartCount: Int32? = nil, image: String? = nil, imageID: String? = nil,
    containerID: String? = nil, started: Bool? = nil, state: ContainerState? = nil, lastState: ContainerState? = nil
  ) {
    self.name = name
    self.ready = ready
    self.restartCount = restartCount
    self.image = image
    self.imageID = imageID
    self.containerID = containerID
    self.started = started
    self.state = state
    self.lastState = lastState
  }
}

/// What a container is doing: one of the three, or none, which means waiting.
public struct ContainerState: Codable, Sendable, Hashable {
  public var waiting: ContainerWaiting?
  public var running: ContainerRunning?
  public var terminated: ContainerTerminated?

  public init(
    waiting: ContainerWaiting? = nil, running: ContainerRunning? = nil, terminated: ContainerTerminated? = nil
  ) {
    self.waiting = waiting
    self.running = running
    self.terminated = terminated
  }
}

public struct ContainerWaiting: Codable, Sendable, Hashable {
  /// For example `ImagePullBackOff`, `CreateContainerConfigError` or `CrashLoopBackOff`.
  public var reason: String?
  public var message: String?

  public init(reason: String? = nil, message: String? = nil) {
    self.reason = reason
    self.message = message
  }
}

public struct ContainerRunning: Codable, Sendable, Hashable {
  public var startedAt: Timestamp?

  public init(startedAt: Timestamp? = nil) {
    self.startedAt = startedAt
  }
}

public struct ContainerTerminated: Codable, Sendable, Hashable {
  public var exitCode: Int32
  public var signal: Int32?
  /// For example `Completed`, `Error` or `OOMKilled`.
  public var reason: String?
  /// The termination message, at most 4,096 bytes.
  public var message: String?
  public var startedAt: Timestamp?
  public var finishedAt: Timestamp?
  public var containerID: String?

  public init(
    exitCode: Int32, signal: Int32? = nil, reason: String? = nil, message: String? = nil, startedAt: Timestamp? = nil,
    finishedAt: Timestamp? = nil, containerID: String? = nil
  ) {
    self.exitCode = exitCode
    self.signal = signal
    self.reason = reason
    self.message = message
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.containerID = containerID
  }
}
