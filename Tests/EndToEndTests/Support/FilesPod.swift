/// An application's claim `data`, and its pod `router-0` that has it at `/data`: `$DATA` in the container.
enum FilesPod {
  static func claim(in scenario: Scenario) async throws {
    try await scenario.cluster.apply(
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data, namespace: \(scenario.namespace)}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """)
  }

  static func start(in scenario: Scenario) async throws {
    try await scenario.cluster.apply(
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: router-0, namespace: \(scenario.namespace), labels: {app: router}}
      spec:
        terminationGracePeriodSeconds: 1
        containers:
          - name: router
            image: "\(Cluster.shellImage)"
            command: [/bin/sh, -c, "exec sleep 100000"]
            env: [{name: DATA, value: /data}]
            volumeMounts: [{name: data, mountPath: /data}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      """)
    try await scenario.cluster.kubectl(
      "wait", "--for=condition=Ready", "pod/router-0", "--namespace", scenario.namespace, "--timeout=90s"
    ).checked()
  }
}
