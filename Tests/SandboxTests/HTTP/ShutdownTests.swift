import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Sandbox

@Suite struct ShutdownTests {
  /// Clients open connections ahead of their need, and some never get a request.
  @Test(.timeLimit(.minutes(1))) func aConnectionWithoutARequestHoldsNothingUp() async throws {
    var idle: (any Channel)?
    try await RunningSandbox.with { sandbox in
      let kubeconfig = try String(contentsOfFile: sandbox.directory + "/kubeconfig", encoding: .utf8)
      let match = try #require(try #/127\.0\.0\.1:(\d+)/#.firstMatch(in: kubeconfig))
      let port = try #require(Int(match.output.1))
      idle = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port).get()
    }
    try await idle?.closeFuture.get()
  }
}
