internal import NIOCore

/// Sizes, in bytes and buffers, that bound what a running pipeline holds: three times `depth + 1` buffers.
enum PipelineLimits {
  /// A stage hands its output on when it reached this.
  static let handOff = 256 << 10
  /// Room for what a stage may write beyond that in one step.
  static let bufferCapacity = 512 << 10
  static let depth = 2
  /// Buffers of this size are given on as they are where a stage does not change them; smaller ones are gathered.
  static let sharing = 64 << 10
}

private enum StageResult<Produced: Sendable>: Sendable {
  case front(Produced, StreamDigest)
  case back(StreamDigest)
}

/// What ran through two stages.
struct StagesOutcome<Produced, Consumed> {
  var produced: Produced
  var consumed: Consumed
  var front: StreamDigest
  var back: StreamDigest
}

/// Runs the producer with the front stage in one child task and the back stage, if there is one, in another, and `body`
/// in the caller's.
///
/// Which error is thrown: that of the stage or producer which failed first, else that of `body`. In each case all three
/// have ended when this returns.
func withPipelineStages<Produced: Sendable, Consumed>(
  front makeFront: @Sendable () throws -> any PipelineStage,
  back makeBack: (@Sendable () throws -> any PipelineStage)?,
  from produce: @escaping @Sendable (_ sink: (ByteBuffer) async throws -> Void) async throws -> Produced,
  body: (TransformedStream) async throws -> Consumed
) async throws -> StagesOutcome<Produced, Consumed> {
  let outlet = BoundedChannel(depth: PipelineLimits.depth, spareCapacity: PipelineLimits.bufferCapacity)
  return try await withThrowingTaskGroup(of: StageResult<Produced>.self) { group in
    // Both are made before anything runs: a wrong setting must not begin a capture at the source.
    let front = try makeFront()
    if let back = try makeBack?() {
      let middle = BoundedChannel(depth: PipelineLimits.depth, spareCapacity: PipelineLimits.bufferCapacity)
      group.addTask { try await runFront(front, from: produce, into: middle) }
      group.addTask { try await runBack(back, from: middle, into: outlet) }
    } else {
      group.addTask { try await runFront(front, from: produce, into: outlet) }
    }
    let consumed: Consumed
    do {
      consumed = try await body(TransformedStream(channel: outlet))
    } catch {
      // Leaving the group cancels the stages. The error of a stage is the cause, that of the body its consequence.
      throw outlet.failure ?? error
    }
    guard outlet.wasDrained else {
      throw outlet.failure
        ?? StreamPipelineError(.outputNotConsumed, "the consumer returned before the end of the stream")
    }
    var frontResult: (produced: Produced, digest: StreamDigest)?
    var backDigest: StreamDigest?
    for try await result in group {
      switch result {
      case .front(let produced, let digest): frontResult = (produced, digest)
      case .back(let digest): backDigest = digest
      }
    }
    guard let frontResult, let backDigest = backDigest ?? (makeBack == nil ? frontResult.digest : nil) else {
      throw CancellationError()
    }
    return StagesOutcome(
      produced: frontResult.produced, consumed: consumed, front: frontResult.digest, back: backDigest)
  }
}

private func runFront<Produced: Sendable>(
  _ stage: any PipelineStage,
  from produce: @Sendable (_ sink: (ByteBuffer) async throws -> Void) async throws -> Produced,
  into outlet: BoundedChannel
) async throws -> StageResult<Produced> {
  do {
    var stage = stage
    var output = outlet.spare()
    let produced = try await produce { chunk in
      _ = try await stage.pass(chunk, &output, into: outlet)
    }
    try Task.checkCancellation()
    try await stage.end(&output, into: outlet)
    outlet.finish()
    return .front(produced, stage.digest)
  } catch {
    outlet.finish(throwing: error)
    throw error
  }
}

private func runBack<Produced: Sendable>(
  _ stage: any PipelineStage, from inlet: BoundedChannel, into outlet: BoundedChannel
) async throws -> StageResult<Produced> {
  do {
    var stage = stage
    var output = outlet.spare()
    while let chunk = try await inlet.next() {
      if try await stage.pass(chunk, &output, into: outlet) { inlet.recycle(chunk) }
    }
    try await stage.end(&output, into: outlet)
    outlet.finish()
    return .back(stage.digest)
  } catch {
    // Ends the producer's waiting; its own error, if that was first, is already in both channels.
    inlet.abort()
    outlet.finish(throwing: error)
    throw error
  }
}

extension PipelineStage {
  /// - Returns: Whether the input's memory is no longer needed.
  fileprivate mutating func pass(
    _ input: ByteBuffer, _ output: inout ByteBuffer, into outlet: BoundedChannel
  ) async throws -> Bool {
    if input.readableBytes >= PipelineLimits.sharing, try forward(input) {
      if output.readableBytes > 0 { try await handOn(&output, into: outlet) }
      try await outlet.send(input)
      return false
    }
    var input = input
    var hasMore = true
    while hasMore {
      hasMore = try advance(&input, into: &output)
      if output.readableBytes >= PipelineLimits.handOff { try await handOn(&output, into: outlet) }
    }
    return true
  }

  fileprivate mutating func end(_ output: inout ByteBuffer, into outlet: BoundedChannel) async throws {
    try finish(into: &output)
    if output.readableBytes > 0 { try await handOn(&output, into: outlet) }
  }

  private func handOn(_ output: inout ByteBuffer, into outlet: BoundedChannel) async throws {
    let full = output
    output = outlet.spare()
    try await outlet.send(full)
  }
}
