public import NIOHTTP1
import Synchronization

/// A request as ``FaultProxy`` sees it.
public struct ProxiedRequest: Sendable {
  /// From 0, over all connections.
  public var index: Int
  public var method: HTTPMethod
  /// With the query.
  public var uri: String
  public var headers: HTTPHeaders

  public var path: String { String(uri.prefix { $0 != "?" }) }
  public var query: String { String(uri.dropFirst(path.count).dropFirst()) }
}

/// What ``FaultProxy`` does to a request instead of passing it on and its answer back.
public enum Fault: Sendable, Hashable {
  /// Passes on after a while.
  case delay(Duration)
  /// Answers by itself; the server never hears of the request.
  case answer(Int, headers: [String: String] = [:], body: String = "")
  /// The server does what it is asked, and its answer is replaced.
  case replaceAnswer(Int, headers: [String: String] = [:], body: String = "")
  /// Reads the request and never answers.
  case hang
  /// The server does what it is asked, and the answer never comes.
  case hangAfter
  /// Resets the connection (RST) when that many bytes of the request's body have come.
  case resetRequest(after: Int)
  /// The server does what it is asked, and the connection is reset in place of an answer.
  case loseAnswer
  case setHeader(String, String)
  /// Inverts the bits of one byte of the answer's body.
  case flipByte(at: Int)
  /// Inverts the bits of one byte of the request's body.
  case flipRequestByte(at: Int)
  /// Passes that much of the answer's body on, then closes the connection.
  case cutAnswer(after: Int)
  /// Passes that much of the answer's body on and ends it cleanly: a chunked body with its last chunk.
  case endAnswerEarly(after: Int)
  /// Passes that much of the answer's body on, then nothing more.
  case stallAnswer(after: Int)

  public static let internalError = Fault.answer(
    500, headers: ["content-type": "application/xml"],
    body: "<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>")
  public static let slowDown = Fault.answer(
    503, headers: ["content-type": "application/xml"],
    body: "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
  public static func tooManyRequests(retryAfter seconds: Int) -> Fault {
    .answer(429, headers: ["retry-after": "\(seconds)"])
  }
  public static let accessDenied = Fault.answer(
    403, headers: ["content-type": "application/xml"],
    body: "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
  public static let wrongETag = Fault.setHeader("etag", "\"00000000000000000000000000000000\"")
}

/// Faults for the requests that match, each for a number of times; the first rule that matches counts.
public final class FaultRules: Sendable {
  private struct Rule: Sendable {
    var matches: @Sendable (ProxiedRequest) -> Bool
    var fault: Fault
    var remaining: Int
  }
  private let rules = Mutex<[Rule]>([])

  public init() {}

  public func add(
    _ fault: Fault, times: Int = .max, where matches: @escaping @Sendable (ProxiedRequest) -> Bool = { _ in true }
  ) {
    rules.withLock { $0.append(Rule(matches: matches, fault: fault, remaining: times)) }
  }

  public func removeAll() { rules.withLock { $0.removeAll() } }

  public func fault(for request: ProxiedRequest) -> Fault? {
    rules.withLock { rules in
      guard let index = rules.firstIndex(where: { $0.remaining > 0 && $0.matches(request) }) else { return nil }
      rules[index].remaining -= 1
      return rules[index].fault
    }
  }
}

/// Faults at random, the same for the same seed and order of requests.
public final class SeededFaults: Sendable {
  private struct State {
    var random: SplitMix64
    var remaining: Int
  }
  private let state: Mutex<State>
  private let probability: Double
  private let faults: [Fault]

  /// - Parameters:
  ///   - count: How many faults there are; afterwards all is well.
  ///   - probability: Of a fault for a request.
  public init(seed: UInt64, count: Int, probability: Double, faults: [Fault]) {
    state = Mutex(State(random: SplitMix64(state: seed), remaining: count))
    self.probability = probability
    self.faults = faults
  }

  public var remaining: Int { state.withLock { $0.remaining } }

  public func fault(for request: ProxiedRequest) -> Fault? {
    state.withLock { state in
      guard state.remaining > 0, Double.random(in: 0..<1, using: &state.random) < probability else { return nil }
      state.remaining -= 1
      return faults.randomElement(using: &state.random)
    }
  }
}

/// https://prng.di.unimi.it/splitmix64.c
public struct SplitMix64: RandomNumberGenerator, Sendable {
  public var state: UInt64
  public init(state: UInt64) { self.state = state }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
