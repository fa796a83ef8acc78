import Foundation
import KubernetesModel

/// The status of a pod as its runner knows it, and how that looks in the API.
struct PodStatus: Sendable {
  enum ContainerState: Sendable {
    case waiting(reason: String, message: String?)
    case running(since: Date)
    case terminated(ContainerRun.Outcome)
  }

  struct Container: Sendable {
    var name: String
    var image: String
    var state: ContainerState = .waiting(reason: "PodInitializing", message: nil)
    var last: ContainerRun.Outcome?
    var restarts = 0
  }

  var phase = "Pending"
  var reason: String?
  var message: String?
  var startTime: Date
  var initContainers: [Container]
  var containers: [Container]
  var isUnschedulable: String?

  init(pod: JSONValue, startTime: Date) {
    self.startTime = startTime
    func containers(_ field: String) -> [Container] {
      (pod[path: "spec", field]?.arrayValue ?? []).map {
        Container(name: $0["name"]?.stringValue ?? "", image: $0["image"]?.stringValue ?? "")
      }
    }
    initContainers = containers("initContainers")
    self.containers = containers("containers")
    for index in self.containers.indices {
      self.containers[index].state = .waiting(reason: "ContainerCreating", message: nil)
    }
  }

  var json: JSONValue {
    let ready = phase == "Running" && containers.allSatisfy { if case .running = $0.state { true } else { false } }
    let initialized = initContainers.allSatisfy {
      if case .terminated(let outcome) = $0.state { outcome.exitCode == 0 } else { false }
    }
    let ended = phase == "Succeeded" || phase == "Failed"
    let podCompleted = phase == "Succeeded" ? "PodCompleted" : nil
    let notReady = podCompleted ?? (ready ? nil : "ContainersNotReady")
    return [
      "phase": .string(phase), "reason": reason.map { .string($0) } ?? .null,
      "message": message.map { .string($0) } ?? .null, "startTime": .string(Timestamp(startTime).description),
      "hostIP": "127.0.0.1", "podIP": "127.0.0.1", "qosClass": "BestEffort",
      "conditions": [
        condition("PodReadyToStartContainers", !ended && isUnschedulable == nil, nil),
        condition("Initialized", initialized, podCompleted), condition("Ready", ready, notReady),
        condition("ContainersReady", ready, notReady),
        isUnschedulable.map { message in
          var unscheduled = condition("PodScheduled", false, "Unschedulable")
          unscheduled["message"] = .string(message)
          return unscheduled
        } ?? condition("PodScheduled", true, nil),
      ],
      "initContainerStatuses": initContainers.isEmpty ? .null : .array(initContainers.map(json(of:))),
      "containerStatuses": .array(containers.map(json(of:))),
    ]
  }

  private func condition(_ type: String, _ isTrue: Bool, _ reason: String?) -> JSONValue {
    var condition: JSONValue = [
      "type": .string(type), "status": isTrue ? "True" : "False", "lastProbeTime": .null,
      "lastTransitionTime": .string(Timestamp(startTime).description),
    ]
    if let reason { condition["reason"] = .string(reason) }
    return condition
  }

  private func json(of container: Container) -> JSONValue {
    var isRunning = false
    var state: JSONValue
    switch container.state {
    case .waiting(let reason, let message):
      state = ["waiting": ["reason": .string(reason)]]
      if let message { state = ["waiting": ["reason": .string(reason), "message": .string(message)]] }
    case .running(let since):
      isRunning = true
      state = ["running": ["startedAt": .string(Timestamp(since).description)]]
    case .terminated(let outcome):
      state = terminated(outcome)
    }
    return [
      "name": .string(container.name), "image": .string(container.image), "imageID": "",
      "ready": .bool(isRunning), "started": .bool(isRunning), "restartCount": .integer(Int64(container.restarts)),
      "state": state, "lastState": container.last.map(terminated) ?? [:],
    ]
  }

  private func terminated(_ outcome: ContainerRun.Outcome) -> JSONValue {
    var state: JSONValue = [
      "exitCode": .integer(Int64(outcome.exitCode)), "reason": outcome.exitCode == 0 ? "Completed" : "Error",
      "startedAt": .string(Timestamp(outcome.started).description),
      "finishedAt": .string(Timestamp(outcome.finished).description),
    ]
    if !outcome.message.isEmpty { state["message"] = .string(outcome.message) }
    return ["terminated": state]
  }
}
