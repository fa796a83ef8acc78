import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Logging
import Synchronization
import UnixSignals

/// Follows one object to its end, whatever happens to the connection or the server.
struct Waiter<Story: WaitStory>: Sendable {
  private enum Event: Sendable {
    case observed(Observation<Story.Object>)
    case signal(CommandExit)
  }

  let session: Session
  let name: String
  let timeout: Duration
  /// Reads the log of the object's pod; nil where that tells nothing.
  var readLog: (@Sendable (Story.Object) async -> RunLog?)?
  /// Looks at the object's policy; nil where that tells nothing.
  var readPolicy: (@Sendable (Story.Object) async -> PolicySight?)?
  /// Between two looks at the log, or at the policy.
  var logInterval = Duration.seconds(2)

  /// Tells the story on the terminal, and gives its end. The object is left alone however this ends.
  func run(_ story: Story) async -> WaitEnd {
    let display = ProgressDisplay(session.console)
    let (events, feed) = AsyncStream<Event>.makeStream()
    let newest = Newest<Story.Object>()
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let clock = ContinuousClock()
    let start = clock.now
    return await withTaskGroup(of: Void.self) { group in
      defer {
        group.cancelAll()
        display.clear()
      }
      group.addTask { await watch(into: feed) }
      group.addTask {
        while (try? await clock.sleep(for: .milliseconds(500))) != nil { feed.yield(.observed(.tick)) }
      }
      group.addTask {
        for await signal in signals { feed.yield(.signal(signal == .sigterm ? .terminated : .interrupted)) }
      }
      if let readLog {
        group.addTask {
          while (try? await clock.sleep(for: logInterval)) != nil {
            guard let object = newest.object, let log = await readLog(object) else { continue }
            feed.yield(.observed(.log(log)))
          }
        }
      }
      if let readPolicy {
        group.addTask {
          while (try? await clock.sleep(for: logInterval)) != nil {
            guard let object = newest.object, let sight = await readPolicy(object) else { continue }
            feed.yield(.observed(.policy(sight)))
          }
        }
      }
      var story = story
      for await event in events {
        let elapsed = clock.now - start
        switch event {
        case .signal(let exit): return story.stopped(exit)
        case .observed(let observation):
          if case .seen(let object) = observation { newest.object = object }
          let step = story.take(observation, elapsed: elapsed)
          for line in step.lines { display.note(line.text, line.style) }
          if let end = step.end { return end }
          if elapsed >= timeout { return story.timedOut(after: timeout) }
          display.draw(story.progress(elapsed: elapsed))
        }
      }
      // The stream has no end of its own; this is for a task that was cancelled from outside.
      return story.stopped(.interrupted)
    }
  }

  private func watch(into feed: AsyncStream<Event>.Continuation) async {
    let options = WatcherOptions(
      fieldSelector: "metadata.name=\(name)",
      backoff: Backoff(base: .milliseconds(500), cap: .seconds(5), jitter: 0.5))
    let watcher = Watcher<Story.Object>(
      session.client, namespace: session.namespace, options: options,
      logger: Logger(label: "wait") { _ in SwiftLogNoOpLogHandler() })
    // It ends by cancellation alone.
    try? await watcher.run(onFailure: { feed.yield(.observed(.trouble($0))) }) { event in
      switch event {
      case .restarted(let found):
        guard let one = found.first else { return _ = feed.yield(.observed(.gone)) }
        Self.hand(one, to: feed)
      case .applied(let one): Self.hand(one, to: feed)
      case .deleted: feed.yield(.observed(.gone))
      }
    }
  }

  private static func hand(_ one: Decoded<Story.Object>, to feed: AsyncStream<Event>.Continuation) {
    switch one.result {
    case .success(let object): feed.yield(.observed(.seen(object)))
    case .failure(let error): feed.yield(.observed(.trouble(error)))
    }
  }
}

/// What was seen last, for who reads the log beside.
private final class Newest<Object: Sendable>: Sendable {
  private let state = Mutex<Object?>(nil)

  var object: Object? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

extension Session {
  /// Writes an end to standard output.
  func tell(_ end: WaitEnd) -> CommandExit {
    for line in end.lines { console.say(console.paint(PrintableText.of(line.text), line.style)) }
    return end.exit
  }
}
