import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

extension OpenBaoClient {
  /// The active server, where this one is a standby and that one can be reached from here: a streamed body cannot be
  /// sent again after a redirect, and a standby may lag behind. nil means this server.
  func activeAddress() async -> String? {
    guard let (status, body) = try? await call(.leader), status == 200,
      let leader = try? JSONDecoder().decode(OpenBaoAnswer.Leader.self, from: body), leader.isSelf == false,
      let address = leader.leaderAddress, let other = URL(string: address),
      Self.mayFollow(from: url(for: .health), to: other),
      // What cannot be reached stays unused; the standby then forwards the request.
      let answer = try? await send(.health, to: url(for: .health, at: address), token: nil, body: nil),
      answer.status == .ok
    else { return nil }
    _ = try? await answer.body.collect(upTo: 64 << 10)
    return address
  }
}
