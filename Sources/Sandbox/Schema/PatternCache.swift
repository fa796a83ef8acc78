import Foundation
import Synchronization

/// Compiled regular expressions of schemas.
///
/// Schemas write RE2; Foundation's ICU expressions agree with it on everything that schemas use in practice.
final class PatternCache: Sendable {
  static let shared = PatternCache()

  private let compiled = Mutex<[String: NSRegularExpression?]>([:])

  /// Whether `pattern` can be compiled.
  func isValid(_ pattern: String) -> Bool { expression(pattern) != nil }

  /// Whether the pattern is found anywhere in the text; a pattern that means nothing matches nothing.
  func matches(_ text: String, _ pattern: String) -> Bool {
    guard let expression = expression(pattern) else { return false }
    let range = NSRange(text.startIndex..<text.endIndex, in: text)
    return expression.firstMatch(in: text, range: range) != nil
  }

  private func expression(_ pattern: String) -> NSRegularExpression? {
    compiled.withLock { compiled in
      if let known = compiled[pattern] { return known }
      let expression = try? NSRegularExpression(pattern: pattern)
      compiled[pattern] = .some(expression)
      return expression
    }
  }
}
