import Foundation
import TestServers
import ZitiStandIn

/// A stand-in for an OpenZiti controller as its Helm chart installs it, release `ziti-controller`: a pod with the chart's
/// labels, container name, claim and paths, in which a script stands for the program `ziti`.
///
/// Its agent follows v1.6: `snapshot-db <path>` writes to the final name with mode 0600, prints the path as the controller
/// sees it, and exits with something else than 0 on an error.
struct ZitiController: Sendable {
  enum Mode: String, Sendable {
    case good
    /// The agent writes and prints everything, says much, and exits with 1.
    case failsAfterOutput
    /// The agent says that all is well, and the file is not whole.
    case tears
    /// `cat` gives the first part of the file and hangs; the next time it gives all.
    case stalls
    /// The only member of a cluster: its database is `raft/ctrl-ha.db`, and given another one it ends and is started again.
    case clustered
    /// The same, and it refuses a database, with status 0 as a controller does.
    case clusteredRefuses
  }

  static let name = "ziti-controller"
  static let container = "ziti-controller"
  let scenario: Scenario
  /// A Deployment makes the pods, as the chart has it. On the sandbox, which has no controller for that, ``playing(_:)`` does.
  var isDeployed = false
  var pod: String { "\(Self.name)-0" }

  /// What the image would bring along: `ziti`, and the snapshot that it writes.
  /// - Parameter mode: nil for no claim and no pod.
  static func install(
    _ mode: Mode? = .good, snapshot: String = "ctrl-schema44.db", in scenario: Scenario
  ) async throws -> ZitiController {
    let controller = ZitiController(scenario: scenario)
    let folder = try ServerProcess.makeFolder("ziti")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, fixture) in [("snapshot", snapshot), ("live", "ctrl-live-copy.db")] {
      _ = try await runCommand(
        "sh", ["-c", "gzip -9nc \"$1\" >\"$2\"", "sh", try StandIn.fixture(fixture).path, "\(folder.path)/\(name).gz"]
      ).checked()
    }
    try Data(agent.utf8).write(to: folder.appendingPathComponent("ziti"))
    try Data(run.utf8).write(to: folder.appendingPathComponent("run"))
    try Data(cat.utf8).write(to: folder.appendingPathComponent("cat"))
    // Not applied: the annotation of what was applied would be too large.
    try await scenario.cluster.kubectl(
      "create", "configmap", "ziti-stand-in", "--namespace", scenario.namespace, "--from-file", folder.path
    ).checked()
    guard let mode else { return controller }
    try await controller.scenario.cluster.apply(
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: \(name), namespace: \(scenario.namespace)}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}
      """)
    try await controller.start(mode)
    return controller
  }

  /// As the chart's Deployment, on a claim that is there.
  /// - Parameter image: What the Deployment says; the sandbox's pods are the stand-in all the same.
  func deploy(replicas: Int = 1, image: String = Cluster.shellImage) async throws -> ZitiController {
    var specification = Self.specification(.good).replacingOccurrences(of: "\n", with: "\n    ")
    if image != Cluster.shellImage {
      specification = specification.replacingOccurrences(of: Cluster.shellImage, with: image)
    }
    try await scenario.cluster.apply(
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: \(Self.name), namespace: \(scenario.namespace)}
      spec:
        replicas: \(replicas)
        strategy: {type: Recreate}
        selector: {matchLabels: \(Self.labels)}
        template:
          metadata: {labels: \(Self.labels)}
          \(specification)
      """)
    var deployed = self
    deployed.isDeployed = true
    return deployed
  }

  /// Runs `body` while the Deployment has its pods.
  func playing(_ body: () async throws -> Void) async throws {
    guard isDeployed, !scenario.cluster.isReal else { return try await body() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await play() }
      try await body()
    }
  }

  /// What the controllers of Deployments and ReplicaSets do, of one replica.
  private func play() async throws {
    while !Task.isCancelled {
      let wanted = try await scenario.cluster.value("deployment/\(Self.name)", ".spec.replicas", in: scenario.namespace)
      let isThere = try await !scenario.cluster.value("pod/\(pod)", ".metadata.name", in: scenario.namespace).isEmpty
      if wanted == "0", isThere { try await delete() }
      if wanted == "1", !isThere { try await start() }
      try? await Task.sleep(for: .milliseconds(300))
    }
  }

  /// Starts the pod and waits until the controller has its database.
  func start(_ mode: Mode = .good) async throws {
    try await scenario.cluster.apply(
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: \(pod), namespace: \(scenario.namespace), labels: \(Self.labels)}
      \(Self.specification(mode))
      """)
    try await scenario.cluster.kubectl(
      "wait", "--for=condition=Ready", "pod/\(pod)", "--namespace", scenario.namespace, "--timeout=90s"
    ).checked()
    try await eventually("the controller's database", every: .milliseconds(200)) {
      try await files().contains("ctrl.db")
    }
  }

  /// The chart's migration Job, whose pods carry the controller's labels.
  func startMigration() async throws {
    try await scenario.cluster.apply(
      """
      apiVersion: batch/v1
      kind: Job
      metadata: {name: \(Self.name)-migrate, namespace: \(scenario.namespace)}
      spec:
        template:
          metadata: {labels: \(Self.labels)}
          spec:
            restartPolicy: Never
            terminationGracePeriodSeconds: 1
            containers:
              - {name: \(Self.container), image: "\(Cluster.shellImage)", command: [/bin/sh, -c, "exec sleep 1000"]}
      """)
    try await scenario.cluster.waitFor(
      "job/\(Self.name)-migrate", ".status.ready", in: scenario.namespace, toBe: "1")
  }

  func delete() async throws {
    try await scenario.cluster.kubectl(
      "delete", "pod", pod, "--namespace", scenario.namespace, "--timeout=60s"
    ).checked()
  }

  /// Runs a shell script in the container; `$DATA` is the claim's folder.
  func shell(_ script: String) async throws -> String {
    try await scenario.cluster.kubectl(
      "exec", isDeployed && scenario.cluster.isReal ? "deployment/\(Self.name)" : pod, "--container", Self.container,
      "--namespace", scenario.namespace, "--", "/bin/sh", "-c", script
    ).checked()
  }

  func files() async throws -> [String] {
    try await shell("ls -1A \"$DATA\"").split(separator: "\n").map(String.init)
  }

  // MARK: What it is made of

  private static let labels =
    "{app.kubernetes.io/name: ziti-controller, app.kubernetes.io/instance: \(name), "
    + "app.kubernetes.io/component: ziti-controller}"

  /// The user, group and mount are the chart's.
  private static func specification(_ mode: Mode) -> String {
    """
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {runAsUser: 2171, runAsGroup: 2171, fsGroup: 2171}
      containers:
        - name: \(container)
          image: "\(Cluster.shellImage)"
          command: [/bin/sh, /opt/ziti/run]
          env:
            - {name: PATH, value: "/opt/ziti:/usr/local/bin:/usr/bin:/bin"}
            - {name: ZITI, value: /opt/ziti}
            - {name: DATA, value: /persistent}
            - {name: MODE, value: \(mode.rawValue)}
          volumeMounts:
            - {name: persistent, mountPath: /persistent}
            - {name: ziti, mountPath: /opt/ziti}
      volumes:
        - {name: persistent, persistentVolumeClaim: {claimName: \(name)}}
        - {name: ziti, configMap: {name: ziti-stand-in, defaultMode: 0755}}
    """
  }

  /// `$DATA` is `/persistent`, but where a pod is a process of this machine.
  private static let run = #"""
    umask 077
    case "$MODE" in clustered*) ;; *)
      [ -e "$DATA/ctrl.db" ] || gunzip -c "$ZITI/live.gz" >"$DATA/ctrl.db"
      exec sleep 100000 ;;
    esac
    [ -e "$DATA/raft/ctrl-ha.db" ] || { mkdir -p "$DATA/raft"; gunzip -c "$ZITI/live.gz" >"$DATA/raft/ctrl-ha.db"; }
    ln -sf raft/ctrl-ha.db "$DATA/ctrl.db"
    while [ ! -e "$DATA/exit" ]; do sleep 0.2; done
    rm "$DATA/exit"
    sleep 1

    """#

  private static let agent = #"""
    #!/bin/sh
    case "$1 $2 $3" in
      "agent cluster list")
        echo "│ ID    │ ADDRESS                 │ VOTER │ LEADER │ VERSION │ CONNECTED │"
        echo "│ ctrl1 │ tls:ziti-controller:6262│ true  │ true   │ v2.0.1  │ true      │"
        exit 0 ;;
      "agent cluster restore-from-db")
        if [ "$MODE" = clusteredRefuses ]; then
          echo "error: migration source db [$4] is not a valid initialized controller database: no default admin"
          exit 0
        fi
        cp "$4" "$DATA/raft/ctrl-ha.db"
        : >"$DATA/exit"
        echo "success, initialized from [$4]"
        exit 0 ;;
    esac
    [ "$1 $2 $3" = "agent controller snapshot-db" ] || { echo "Error: unknown command" >&2; exit 1; }
    umask 077
    if [ "$MODE" = tears ]; then
      gunzip -c "$ZITI/snapshot.gz" | head -c 1000000 >"$4"
    else
      gunzip -c "$ZITI/snapshot.gz" >"$4" || exit 1
    fi
    echo "/persistent${4#"$DATA"}"
    [ "$MODE" = failsAfterOutput ] || exit 0
    head -c 200000 /dev/zero | tr '\0' x >&2
    echo >&2
    echo "Error: no space left for the snapshot's index" >&2
    exit 1

    """#

  private static let cat = #"""
    #!/bin/sh
    if [ "$MODE" != stalls ] || [ -e "$DATA/stalled" ]; then exec /bin/cat "$@"; fi
    head -c 300000 "$1"
    : >"$DATA/stalled"
    exec sleep 100000

    """#
}
