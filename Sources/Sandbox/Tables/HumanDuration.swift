import Foundation

/// Ages as kubectl shows them (k8s.io/apimachinery/pkg/util/duration.HumanDuration).
enum HumanDuration {
  static func text(_ seconds: Double) -> String {
    let total = Int(seconds)
    if total < -1 { return "<invalid>" }
    if total < 0 { return "0s" }
    if total < 120 { return "\(total)s" }
    let minutes = total / 60
    if minutes < 10 { return total % 60 == 0 ? "\(minutes)m" : "\(minutes)m\(total % 60)s" }
    if minutes < 180 { return "\(minutes)m" }
    let hours = minutes / 60
    if hours < 8 { return minutes % 60 == 0 ? "\(hours)h" : "\(hours)h\(minutes % 60)m" }
    if hours < 48 { return "\(hours)h" }
    let days = hours / 24
    if hours < 192 { return hours % 24 == 0 ? "\(days)d" : "\(days)d\(hours % 24)h" }
    if days < 365 * 2 { return "\(days)d" }
    if days < 365 * 8 { return days % 365 == 0 ? "\(days / 365)y" : "\(days / 365)y\(days % 365)d" }
    return "\(days / 365)y"
  }

  /// - Returns: `<unknown>` where there is no time.
  static func since(_ date: Date?, now: Date) -> String {
    date.map { text(now.timeIntervalSince($0)) } ?? "<unknown>"
  }
}
