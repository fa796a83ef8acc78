import KubernetesClient
import KubernetesModel

/// What is seen of an object that somebody waits for.
enum Observation<Object: KubernetesObject>: Sendable {
  case seen(Object)
  /// It is deleted.
  case gone
  /// A call failed; it is made again.
  case trouble(KubernetesError)
  /// What the log of its pod tells.
  case log(RunLog)
  /// What the policy says of it.
  case policy(PolicySight)
  /// Time passes.
  case tick
}

/// Lines to write, and the end where it is reached.
struct StoryStep: Sendable, Hashable {
  struct Line: Sendable, Hashable {
    var text: String
    var style: TextStyle
    init(_ text: String, _ style: TextStyle = .plain) {
      self.text = text
      self.style = style
    }
  }

  var lines: [Line] = []
  var end: WaitEnd?

  mutating func add(_ text: String, _ style: TextStyle = .plain) { lines.append(Line(text, style)) }
}

/// How waiting ended.
struct WaitEnd: Sendable, Hashable {
  var exit: CommandExit
  /// For standard output: what became of it.
  var lines: [StoryStep.Line]

  init(_ exit: CommandExit, _ lines: [StoryStep.Line]) {
    self.exit = exit
    self.lines = lines
  }

  init(_ exit: CommandExit, _ text: String, _ style: TextStyle) {
    self.init(exit, [StoryStep.Line(text, style)])
  }
}

/// What a person is told while something runs: a pure value, fed with what is seen.
protocol WaitStory: Sendable {
  associatedtype Object: KubernetesObject

  /// - Parameter elapsed: Since waiting began.
  mutating func take(_ observation: Observation<Object>, elapsed: Duration) -> StoryStep
  func progress(elapsed: Duration) -> Progress
  /// What to say when the time is up.
  func timedOut(after timeout: Duration) -> WaitEnd
  /// What to say when a person or the kubelet wants no more waiting.
  func stopped(_ exit: CommandExit) -> WaitEnd
}

/// Calls that fail while somebody waits: what to say of them, and when to give up.
///
/// A server that restarts, a credential that is renewed late and rights that are not loaded yet all pass; a credential that
/// stays wrong does not.
struct Troubles: Sendable {
  /// How long a refusal may last.
  static let patience = Duration.seconds(60)
  /// Without a failure for so long, the calls succeed again: a watch on which nothing happens tells nothing.
  static let silence = Duration.seconds(45)

  private var first: Duration?
  private var last: Duration?
  private var count = 0
  private var said: KubernetesError.Code?

  /// - Returns: A line, and the failure that ends waiting.
  mutating func add(_ error: KubernetesError, elapsed: Duration) -> (line: String?, end: PluginFailure?) {
    if let last, elapsed - last > Self.silence { self = Troubles() }
    let began = first ?? elapsed
    first = began
    last = elapsed
    count += 1
    if error.isRefusal, elapsed - began >= Self.patience { return (nil, PluginFailure(error)) }
    // One broken connection is how every watch may end.
    guard said != error.code, count > 1 || error.isRefusal else { return (nil, nil) }
    said = error.code
    return ("the API server: \(error.message); trying again", nil)
  }

  /// A call succeeded.
  /// - Returns: A line, where a failure had been told.
  mutating func end() -> String? {
    let line = said == nil ? nil : "the API server answers again"
    self = Troubles()
    return line
  }
}

extension KubernetesError {
  /// The server answers, and says no.
  fileprivate var isRefusal: Bool {
    [.forbidden, .unauthorized, .notFound, .badRequest, .invalid, .configuration].contains(code)
  }
}
