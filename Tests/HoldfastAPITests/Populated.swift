import Foundation
import KubernetesModel

@testable import HoldfastAPI

/// Values in which every field is set, so that their JSON shows every field there is. They are not valid: what excludes
/// each other is set too.
enum Populated {
  static let time = Timestamp(Date(timeIntervalSince1970: 0))
  static let secret = SecretReference(name: "s", key: "k")
  static let key = KeyReference(name: "s", key: "k")
  static let caBundle = CABundle(secretRef: key, configMapRef: key)
  static let condition = Condition(
    type: "Ready", status: .true, observedGeneration: 1, lastTransitionTime: time, reason: "R", message: "m")
  static let server = Source.OpenBao(
    address: "https://a", jwtAuthRole: "r", jwtAudience: "a", jwtMountPath: "m", tokenSecretRef: secret,
    tokenFile: "/t", kubernetesAuth: .init(role: "r", mountPath: "m", audience: "a"),
    appRole: .init(mountPath: "m", roleID: "r", roleIDSecretRef: secret, secretIDSecretRef: secret),
    userpass: .init(mountPath: "m", username: "u", passwordSecretRef: secret), namespace: "n", caBundle: caBundle,
    tlsServerName: "t")
  static let name = NameReference(name: "n")
  static let selector = LabelSelector(
    matchLabels: ["a": "b"], matchExpressions: [.init(key: "k", operator: "In", values: ["v"])])
  static let selectors = [Source.Resources.Selector(group: "g", version: "v", kind: "K", names: ["n"])]

  static let source = Source(
    name: "s",
    openZiti: .init(
      release: "r", snapshot: .agent, retrieval: .exec, podSelector: selector, container: "c", databasePath: "/d",
      persistentVolumeClaim: .init(claimName: "c", mountPath: "/p"),
      managementAPI: .init(
        url: "https://a", caBundle: caBundle, adminSecretRef: name, clientCertificateSecretRef: name,
        tlsServerName: "t"), agent: .init(command: ["c"]),
      host: .init(command: ["c"], snapshotPath: "/p", hostPath: "/h"), timeout: "1m", allowLiveCopy: true),
    openBao: server, vault: server,
    etcd: .init(
      endpoints: ["https://a"],
      tls: .init(
        caBundle: caBundle, clientCertificateSecretRef: name, serverName: "s", insecureSkipVerify: true),
      authSecretRef: name, api: .grpc, timeout: "1m"),
    certManager: .init(
      issuers: .all, clusterIssuers: .names(["n"]), certificateSelector: selector, extraSecrets: ["s"],
      bundles: .nothing, clusterResourceNamespace: "n", trustNamespace: "n", includeCRDs: true),
    resources: .init(
      namespaces: ["n"], clusterScoped: true, include: selectors, exclude: selectors, labelSelector: selector,
      fieldSelector: "a=b", includeCRDs: true, helmReleases: true, pageSize: 1),
    files: .init(
      pod: .init(podSelector: selector, container: "c"),
      persistentVolumeClaim: .init(claimName: "c", paths: ["/"], podSelector: selector), paths: ["/"], exclude: ["e"]))

  static let target = Target(
    provider: .s3, endpoint: "e", bucket: "b", pathPrefix: "p", region: "r", usePathStyle: true, roleArn: "a",
    credentialsSecretRef: secret, caBundle: caBundle, insecureSkipVerify: true, partSize: .int(1), concurrency: 1,
    gcs: .init(
      project: "p", userProject: "u", kmsKeyName: "k", workloadIdentityProvider: "w", serviceAccount: "s"),
    azure: .init(
      storageAccount: "s", container: "c", cloud: .public, accessTier: .cool, encryptionScope: "e", clientID: "i",
      tenantID: "t"),
    filesystem: .init(persistentVolumeClaim: .init(claimName: "c"), path: "/p"),
    serverSideEncryption: .init(type: "AES256", kmsKeyID: "k", bucketKey: true), storageClass: "s",
    objectLock: .init(mode: "governance", retainFor: "1d", legalHold: true), requesterPays: true, tags: ["k": "v"],
    checksum: .auto)

  static let executor = ExecutorTemplate(
    image: "i", resources: ["limits": ["cpu": "1"], "requests": ["cpu": "1"]], nodeSelector: ["a": "b"],
    tolerations: [["key": "k", "operator": "Exists", "value": "v", "effect": "NoExecute", "tolerationSeconds": 1]],
    affinity: ["nodeAffinity": [:]], serviceAccountName: "s",
    env: [
      [
        "name": "n", "value": "v",
        "valueFrom": [
          "secretKeyRef": ["name": "n", "key": "k", "optional": true],
          "configMapKeyRef": ["name": "n", "key": "k", "optional": true],
          "fieldRef": ["apiVersion": "v1", "fieldPath": "f"],
          "resourceFieldRef": ["containerName": "c", "resource": "r", "divisor": "1"],
        ],
      ]
    ], podLabels: ["a": "b"], podAnnotations: ["a": "b"], activeDeadlineSeconds: 1, backoffLimit: 1,
    priorityClassName: "p", runAsUser: 1)

  static let policySpec = BackupPolicySpec(
    schedule: "@daily", timeZone: "Etc/UTC", suspend: true, startingDeadlineSeconds: 10,
    sources: [source], target: target,
    encryption: Encryption(age: .init(recipients: ["r"]), none: .init(acknowledged: true)), compression: .zstd,
    retention: Retention(maxCount: 1, maxAge: "1d"),
    verification: .init(schedule: "@daily", identitySecretRef: secret, latest: 1, all: true),
    objective: .init(maxAge: "1d"),
    anomaly: .init(minSizeRatio: 0.5), historyLimit: 1, executor: executor,
    preUpgrade: .init(window: "1m", requireVerified: true, workloads: [.init(kind: "Deployment", name: "n")]),
    executorImage: "i", jwtAuthRole: "r", tokenSecretRef: secret)

  static let policyStatus: BackupPolicyStatus = {
    let run = BackupPolicyStatus.Run(name: "n", time: time, phase: .completed, size: 1, durationSeconds: 1)
    return BackupPolicyStatus(
      observedGeneration: 1, conditions: [condition], lastBackup: run, lastSuccessfulBackup: run,
      recoveryPoint: .init(time: time, backup: "b", age: "1h", observedTime: time, objective: "1d"),
      lastFailure: .init(
        time: time, step: "s", reason: "r", message: "m", source: "s", backup: "b", job: "j", pod: "p"),
      nextScheduledTime: time,
      consecutiveFailures: 1, storage: .init(count: 1, bytes: 1, oldest: time, newest: time),
      target: .init(
        hash: "h", since: time, checkedAt: time, seenAt: time, failures: 1, capabilities: ["list": true]),
      catalog: .init(
        hash: "h", request: "r", time: time, found: 1, made: 1, unreadable: 1, failures: 1, message: "m",
        storage: .init(count: 1, bytes: 1, oldest: time, newest: time)),
      verification: .init(job: "j", time: time, good: 1, damaged: 1, unknown: 1),
      backupNow: .init(token: "t", backup: "b", time: time, message: "m"),
      preUpgrade: .init(ready: true, backup: "b", until: time, message: "m"),
      breakGlass: [.init(kind: "Deployment", name: "n", reason: "r", time: time)])
  }()

  static let failure = Backup.Failure(step: "s", reason: "r", message: "m", source: "s", pod: "p")

  static let backupSpec = Backup.Spec(policyRef: .init(name: "p"), deletionPolicy: .retain)

  static let backupStatus: Backup.Status = {
    var status = Backup.Status(phase: .completed, trigger: .manual)
    (status.startTime, status.completionTime, status.id, status.location, status.job) = (time, time, "i", "l", "j")
    status.artifacts = [
      .init(source: "s", key: "k", plainSize: 1, plainSHA256: "d", storedSize: 1, storedSHA256: "d")
    ]
    (status.size, status.facts, status.verified, status.failure) = (1, ["s": ["k": "v"]], true, failure)
    (status.storage, status.pruned, status.clusterID) = (policyStatus.storage, ["i"], "c")
    status.verification = .init(
      time: time, depth: .content, message: "m", evidence: ["e"], warnings: ["w"], failure: failure,
      request: "r", requestFailure: failure)
    status.anomaly = .init(source: "s", size: 1, median: 2, compared: 3, ratio: 0.5, message: "m")
    (status.warnings, status.conditions) = (["w"], [condition])
    return status
  }()

  static let openZitiDestination = RestoreRequest.OpenZitiDestination(
    release: "r",
    persistentVolumeClaim: .init(
      claimName: "c", create: .init(storage: "1Gi", storageClassName: "s", accessModes: ["ReadWriteOnce"]),
      path: "ctrl.db"),
    workload: .init(kind: .deployment, name: "w"), clustered: true, podSelector: selector, container: "c",
    managementAPI: .init(
      url: "https://a", caBundle: caBundle, adminSecretRef: name, clientCertificateSecretRef: name, tlsServerName: "t"),
    runAsUser: 1, runAsGroup: 1, fileMode: "0600", timeout: "1m", host: .init(path: "/p"))
  static let creation = RestoreRequest.ClaimCreation(
    storage: "8Gi", storageClassName: "c", accessModes: ["ReadWriteOnce"])
  static let podSelection = PodSelection(
    podSelector: .init(
      matchLabels: ["a": "b"], matchExpressions: [.init(key: "k", operator: "In", values: ["v"])]), container: "c")

  static let restoreSpec = RestoreRequest.Spec(
    from: .init(
      backup: "b", latest: .init(policyRef: .init(name: "p"), before: time, requireVerified: true),
      location: .init(target: target, policy: "n/p", id: "latest")),
    decryption: .init(identitySecretRef: secret),
    sources: [
      .init(
        name: "s", openBao: server, vault: server, openZiti: openZitiDestination,
        certManager: .init(
          conflictPolicy: .skip, clusterResourceNamespace: "n", restoreACMEStatus: true, pauseControllers: true,
          controller: .init(namespace: "n", name: "n")),
        resources: .init(
          conflictPolicy: .replace, clusterResourceNamespace: "n", restoreACMEStatus: true, pauseControllers: true,
          controller: .init(namespace: "n", name: "n")),
        etcd: .init(
          persistentVolumeClaim: .init(claimName: "c", create: creation, path: "/p"), path: "/p", conflictPolicy: .fail,
          members: [.init(name: "m", peerURL: "https://m:2380")], initialClusterToken: "t",
          runRestore: .init(
            image: "i", command: ["c"], name: "m", initialCluster: "m=https://m:2380",
            initialAdvertisePeerURLs: ["https://m:2380"], initialClusterToken: "t", dataDir: "/d", bumpRevision: 1,
            markCompacted: true)),
        files: .init(
          persistentVolumeClaim: .init(
            claimName: "c", create: creation, subPath: "/s", podSelector: podSelection.podSelector),
          pod: podSelection, path: "/p", conflictPolicy: .skip))
    ],
    namespaceMapping: ["a": "b"], conflictPolicy: .fail, safetyBackup: true, dryRun: true, force: true,
    executor: executor)

  static let restoreStatus: RestoreRequest.Status = {
    var status = RestoreRequest.Status(phase: .completed)
    (status.observedGeneration, status.startTime, status.completionTime) = (1, time, time)
    (status.attempt, status.restoredSources, status.decision) = (2, ["a"], "resume")
    (status.backupID, status.location, status.safetyBackup) = ("i", "l", "b")
    status.claim = .init(time: time, job: "j")
    status.plan = [.init(source: "s", action: "restore", object: "o", detail: "d")]
    var step = RestoreRequest.Step(
      name: "n", state: .completed, startTime: time, completionTime: time, message: "m")
    (step.done, step.total) = (1, 2)
    status.steps = [step]
    (status.failure, status.conditions) = (failure, [condition])
    return status
  }()

  /// Paths of optionals that are nil: a field that was added to a type and not here.
  static func unset(in value: Any, path: String = "") -> [String] {
    if value is JSONValue || value is Timestamp { return [] }
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .optional {
      guard let inner = mirror.children.first else { return [path] }
      return unset(in: inner.value, path: path)
    }
    return mirror.children.flatMap { unset(in: $0.value, path: "\(path).\($0.label ?? "")") }
  }
}
