import Foundation
import KubernetesClient
import KubernetesModel
import NIOCore
import Testing

@testable import Sandbox

/// Commands in pods, by the real kubectl and by our own client.
@Suite(.enabled(if: RunningSandbox.hasKubectl, "kubectl is not in the PATH"))
struct ExecTests {
  /// A pod that waits, with a folder at `/data` and two containers.
  static let start = """
    set -e
    kubectl apply -f - >&2 <<'END'
    apiVersion: v1
    kind: Pod
    metadata: {name: p}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: shell
        args: ["-c", "echo hello >$FILE; while true; do sleep 1; done"]
        env: [{name: FILE, value: /data/greeting}, {name: WORD, value: "one two"}]
        volumeMounts: [{name: data, mountPath: /data}]
      - {name: other, image: shell, args: ["-c", "while true; do sleep 1; done"]}
      volumes: [{name: data, emptyDir: {}}]
    END
    kubectl wait --for=condition=Ready pod/p --timeout=30s >&2
    until kubectl exec p -c main -- cat /data/greeting >&2; do sleep 0.2; done

    """

  @Test func streamsAndExitStatusComeThrough() async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        Self.start + """
          set +e
          kubectl exec p -c main -- sh -c 'echo out; echo err >&2; exit 3' >out 2>err; echo "status $?"
          cat out; cat err
          kubectl exec p -c main -- sh -c 'kill -9 $$'; echo "status $?"
          kubectl exec p -c main -- sh -c 'echo "$WORD" "$HOSTNAME"; cat "$1"' x /data/greeting; echo "status $?"
          kubectl exec p -- true; echo "status $?"
          """)
      for expected in [
        "status 3\nout\nerr\ncommand terminated with exit code 3", "status 137", "one two p\nhello\nstatus 0",
        "Defaulted container \"main\" out of: main, other\nstatus 0",
      ] { #expect(text.contains(expected), "\(expected) is not in\n\(text)") }
    }
  }

  @Test func largeInputAndOutputComeThrough() async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        Self.start + """
          head -c 2000000 /dev/urandom >in
          kubectl exec -i p -c main -- cat <in >out && cmp in out && echo same
          kubectl exec -i p -c main -- head -c 5 <in 2>/dev/null | wc -c
          mkdir folder; cp in folder/a; echo b >folder/b
          kubectl cp folder p:/data/copied -c main
          kubectl cp p:/data/copied back -c main
          cmp in back/a && cat back/b && echo copied
          kubectl cp p:/data whole -c main
          cmp in whole/copied/a && cat whole/greeting && echo whole
          """)
      for expected in ["same\n5\n", "b\ncopied", "hello\nwhole"] {
        #expect(text.contains(expected), "\(expected) is not in\n\(text)")
      }
    }
  }

  @Test func refusalsAreThoseOfARealCluster() async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        Self.start + """
          set +e
          kubectl create serviceaccount reader; kubectl create role reader --verb=get --resource=pods,pods/exec
          kubectl create rolebinding reader --role=reader --serviceaccount=default:reader
          token=$(kubectl create token reader)
          kubectl --token="$token" exec p -c main -- true
          kubectl create role runner --verb=create --resource=pods/exec
          kubectl create rolebinding runner --role=runner --serviceaccount=default:reader
          kubectl --token="$token" exec p -c main -- echo permitted
          kubectl exec p -c main -- nosuchprogram
          kubectl exec p -c main -- /data/greeting
          kubectl exec p -c none -- true
          kubectl exec nosuchpod -- true
          kubectl get --raw '/api/v1/namespaces/default/pods/p/exec?command=true&tty=true&stdout=true&container=main'
          kubectl attach p -c main
          kubectl get --raw '/api/v1/namespaces/default/pods/p/exec?command=true&stdout=true'
          kubectl get --raw '/api/v1/namespaces/default/pods/p/exec?command=true&stdout=true&container=main'
          true
          """)
      for expected in [
        "pods \"p\" is forbidden: User \"system:serviceaccount:default:reader\" cannot create resource \"pods/exec\"",
        "permitted", "exec: \"nosuchprogram\": executable file not found in $PATH",
        "exec: \"/data/greeting\": permission denied", "container none is not valid for pod p",
        "pods \"nosuchpod\" not found", "terminals", "pods/attach",
        "a container name must be specified for pod p, choose one of: [main other]", "Upgrade request required",
      ] { #expect(text.contains(expected), "\(expected) is not in\n\(text)") }
    }
  }

  @Test func commandsEndWithTheirPod() async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        Self.start + """
          set +e
          (kubectl exec p -c main -- sh -c 'echo $$ >/proc/self/fd/1; sleep 1000' >pid; echo "status $?" >ended) 2>/dev/null &
          until [ -s pid ]; do sleep 0.1; done
          kubectl delete pod p --timeout=20s
          wait
          cat ended; kill -0 "$(cat pid)" || echo gone
          """)
      #expect(!text.contains("status 0") && text.contains("status"), "\(text)")
      #expect(text.contains("gone"), "\(text)")
    }
  }

  @Test func ourClientSpeaksToIt() async throws {
    try await RunningSandbox.with { sandbox in
      _ = try await sandbox.shell(Self.start)
      let configuration = try ClientConfiguration.load(kubeconfig: sandbox.directory + "/kubeconfig")
      try await KubernetesClient.withClient(configuration: configuration) { client in
        let (result, output) = try await client.exec(
          pod: "p", container: "main",
          command: ["sh", "-c", "cat \"$1\"; echo err >&2; exit 4", "x", "/data/greeting"],
          collectUpTo: 1_000)
        #expect(String(buffer: output) == "hello\n")
        #expect(result.exitCode == 4 && result.stderr.text == "err\n")

        // Masking takes long in a debug build.
        let pieces = (0..<100).map { ByteBuffer(repeating: UInt8($0), count: 10_000) }
        let input = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
          for piece in pieces { continuation.yield(piece) }
          continuation.finish()
        }
        var echoed = ByteBuffer()
        let echo = try await client.exec(pod: "p", container: "main", command: ["cat"], stdin: input) {
          echoed.writeImmutableBuffer($0)
        }
        #expect(echo.exitCode == 0)
        #expect(echoed.readableBytesView.elementsEqual(pieces.map(\.readableBytesView).joined()))

        func failure(_ command: [String], pod: String = "p", container: String? = "main") async throws
          -> KubernetesError?
        {
          await #expect(throws: KubernetesError.self) {
            _ = try await client.exec(pod: pod, container: container, command: command) { _ in }
          }
        }
        #expect(try await failure(["nosuchprogram"])?.code == .executableNotFound)
        #expect(try await failure(["true"], pod: "q")?.code == .notFound)
        #expect(try await failure(["true"], container: nil)?.message.contains("name the container") == true)
        // The pod ends while its command runs.
        let error = await #expect(throws: KubernetesError.self) {
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
              try await Task.sleep(for: .zero)
              _ = try await sandbox.shell("kubectl delete pod p --wait=false")
            }
            let killed = try await client.exec(pod: "p", container: "main", command: ["sleep", "1000"]) { _ in }
            // Killed by the runtime: the status tells the signal.
            throw KubernetesError(code: .connection, operation: "", message: "exit code \(killed.exitCode)")
          }
        }
        #expect(
          error?.message == "exit code 137" || error?.message == "exit code 143", "\(error.map { "\($0)" } ?? "")")
      }
    }
  }
}
