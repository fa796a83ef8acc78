import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import SnapshotSource
import Synchronization

/// Sends one snapshot to be restored, and tells apart what was refused, what was done and what nobody knows.
///
/// The server reads the whole body into a file and checks it before it touches anything. So as long as the last byte
/// has not been handed to the connection, nothing has changed; after that, only an answer tells.
struct RestoreUpload {
  let session: OpenBaoSession
  let force: Bool
  /// Of the active server; nil for the endpoint's own.
  let address: String?

  private var request: OpenBaoRequest { .restore(force: force) }
  private var endpoint: OpenBaoEndpoint { session.client.endpoint }

  func run<Snapshot: AsyncSequence & Sendable>(_ snapshot: Snapshot, size: Int64) async throws
  where Snapshot.Element == ByteBuffer {
    let progress = SendProgress()
    let body = HTTPClientRequest.Body.stream(
      HeldBackSequence(base: snapshot, progress: progress), length: .known(size))
    let status: Int
    let answer: String
    do {
      (status, answer) = try await send(body, progress)
    } catch {
      throw classify(error, progress)
    }
    guard !(200..<300).contains(status) else { return }
    throw refusal(status, answer, progress)
  }

  private func send(_ body: HTTPClientRequest.Body, _ progress: SendProgress) async throws -> (Int, String) {
    let client = session.client
    let request = request
    let url = client.url(for: request, at: address)
    let limits = endpoint.timeouts
    return try await withThrowingTaskGroup(of: (Int, String).self) { group in
      defer { group.cancelAll() }
      group.addTask { [session] in
        let response = try await client.send(request, to: url, token: session.token, body: body)
        let answer = try? await response.body.collect(upTo: 64 << 10)
        return (Int(response.status.code), answer.map { String(buffer: $0) } ?? "")
      }
      group.addTask {
        while true {
          try await Task.sleep(for: .seconds(1))
          let (since, isComplete) = progress.state.withLock { ($0.lastStep, $0.isComplete) }
          // Reading, sending and, after the last byte, the server's checks may each take a while.
          guard ContinuousClock.now - since < (isComplete ? limits.firstByte : limits.idle * 5) else { break }
        }
        throw SnapshotSourceError(
          .unreachable, operation: request.operation, message: "\(url.host() ?? "the server") went silent")
      }
      guard let result = try await group.next() else { throw CancellationError() }
      return result
    }
  }

  private func classify(_ error: any Error, _ progress: SendProgress) -> any Error {
    let (isComplete, failure) = progress.state.withLock { ($0.isComplete, $0.failure) }
    // The snapshot could not be read to its end: the request was cut on purpose.
    if let failure, !isComplete { return failure }
    guard isComplete else { return error }
    return SnapshotSourceError(
      .outcomeUnknown, operation: request.operation,
      message: "the whole snapshot was sent and no answer came (\(error)): it may or may not have taken effect; "
        + "look at the data of \(endpoint.address) before another try", cause: error)
  }

  private func refusal(_ status: Int, _ answer: String, _ progress: SendProgress) -> SnapshotSourceError {
    var error = OpenBaoErrors.refusal(
      status: status, body: answer, request: request, endpoint: endpoint, secrets: [session.token])
    let isComplete = progress.state.withLock { $0.isComplete }
    if (300..<400).contains(status) {
      error.code = .configuration
      error.message =
        "\(endpoint.address) is not the active server and does not forward the restore; set address to the active one"
    } else if status >= 500, isComplete {
      error.code = .outcomeUnknown
      error.message =
        "the whole snapshot was sent and the server failed: it may or may not have taken effect; look at its data before "
        + "another try. \(error.message)"
    }
    return error
  }
}
