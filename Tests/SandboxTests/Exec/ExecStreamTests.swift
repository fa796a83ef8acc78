import Foundation
import KubernetesClient
import NIOCore
import Synchronization
import Testing

@testable import Sandbox

/// What commands in pods do with much data, slow clients, and clients that go away.
@Suite(.enabled(if: RunningSandbox.hasKubectl, "kubectl is not in the PATH"))
struct ExecStreamTests {
  private static func client<Value: Sendable>(
    _ sandbox: RunningSandbox, _ body: @Sendable (KubernetesClient) async throws -> Value
  ) async throws -> Value {
    let configuration = try ClientConfiguration.load(kubeconfig: sandbox.directory + "/kubeconfig")
    return try await KubernetesClient.withClient(configuration: configuration) { try await body($0) }
  }

  @Test func largeOutputComesThroughToTheLastByte() async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        ExecTests.start + """
          kubectl exec p -c main -- sh -c 'head -c 67108864 /dev/urandom >$(dirname "$FILE")/big'
          kubectl exec p -c main -- cat /data/big >out
          kubectl exec p -c main -- cksum /data/big | cut -d' ' -f1,2; cksum out | cut -d' ' -f1,2
          """)
      let sums = text.split(separator: "\n").suffix(2)
      #expect(sums.first == sums.last && sums.last?.hasSuffix(" 67108864") == true, "\(text)")
      let (count, expected) = try await Self.client(sandbox) { client in
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: sandbox.directory + "/out"))
        let state = Mutex((count: 0, same: true))
        _ = try await client.exec(pod: "p", container: "main", command: ["cat", "/data/big"]) { piece in
          let ours = try file.read(upToCount: piece.readableBytes) ?? Data()
          state.withLock { state in
            state.count += piece.readableBytes
            state.same = state.same && ours.elementsEqual(piece.readableBytesView)
          }
        }
        return state.withLock { ($0.count, $0.same) }
      }
      #expect(count == 67_108_864 && expected)
    }
  }

  /// Nothing is kept for a client that does not read: the command waits.
  @Test func aSlowClientHoldsTheCommandBack() async throws {
    try await RunningSandbox.with { sandbox in
      _ = try await sandbox.shell(ExecTests.start)
      try await Self.client(sandbox) { client in
        let state = Mutex((bytes: 0, written: 0))
        let command = """
          i=0; while [ $i -lt 128 ]; do head -c 1000000 /dev/zero; i=$((i+1)); echo $i >"$(dirname "$FILE")/count"; done
          """
        let result = try await client.exec(pod: "p", container: "main", command: ["sh", "-c", command]) { piece in
          let isFirst = state.withLock { state in
            defer { state.bytes += piece.readableBytes }
            return state.bytes == 0
          }
          guard isFirst else { return }
          let written = try await Self.countThatStands(client)
          state.withLock { $0.written = written }
        }
        #expect(result.exitCode == 0)
        let (bytes, written) = state.withLock { $0 }
        #expect(bytes == 128_000_000)
        #expect(written < 100, "\(written) MB were taken from the command while nobody read them")
      }
    }
  }

  /// How many pieces the command has written once it writes no more.
  private static func countThatStands(_ client: KubernetesClient) async throws -> Int {
    var (last, repeats) = (-1, 0)
    while repeats < 10 {
      let (_, output) = try await client.exec(
        pod: "p", container: "main", command: ["cat", "/data/count"], collectUpTo: 100)
      let count = Int(String(buffer: output).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
      repeats = count == last && count > 0 ? repeats + 1 : 0
      last = count
    }
    return last
  }

  /// Also where the command takes no input, and input waits for it.
  @Test(arguments: ["</dev/null", "-i </dev/zero"])
  func aClientThatGoesAwayTakesItsCommandWithIt(input: String) async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        ExecTests.start + """
          kubectl exec \(input) p -c main -- sh -c 'echo $$; sleep 1000' >pid & client=$!
          until [ -s pid ]; do sleep 0.1; done
          kill -9 $client
          tries=0
          while kill -0 "$(cat pid)" 2>/dev/null && [ $tries -lt 300 ]; do sleep 0.1; tries=$((tries+1)); done
          kill -0 "$(cat pid)" || echo gone
          """)
      #expect(text.contains("gone"), "\(text)")
    }
  }

  /// The oldest version that we speak, to the letter: `kubectl` chooses the newest.
  @Test func versionFourIsSpokenToo() async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        ExecTests.start + """
          server=$(kubectl config view --raw -o 'jsonpath={.clusters[0].cluster.server}')
          token=$(kubectl config view --raw -o 'jsonpath={.users[0].user.token}')
          ask() {
            { printf 'GET /api/v1/namespaces/default/pods/p/exec?container=main&stdout=true&command=echo&command=%s HTTP/1.1\\r\\n' "$2"
              printf 'Host: x\\r\\nAuthorization: Bearer %s\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n' "$token"
              printf 'Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n'
              printf 'Sec-WebSocket-Protocol: %s\\r\\n\\r\\n' "$1"
              tries=0
              until grep -qa "$3" answer || [ $tries -gt 200 ]; do sleep 0.1; tries=$((tries+1)); done
            } | openssl s_client -quiet -connect "${server#https://}" >answer 2>/dev/null || true
            tr -cd '[:print:]\\n' <answer
          }
          : >answer; ask v4.channel.k8s.io words '"Success"'
          : >answer; ask v3.channel.k8s.io words '"Status"'
          """)
      #expect(text.contains("101 Switching Protocols"), "\(text)")
      #expect(text.lowercased().contains("sec-websocket-protocol: v4.channel.k8s.io"), "\(text)")
      #expect(text.contains("words\n") && text.contains(#""status":"Success""#), "\(text)")
      #expect(text.contains("speaks v5.channel.k8s.io and v4.channel.k8s.io"), "\(text)")
    }
  }
}
