import Foundation

/// Sizes, ages and counts as people read them.
enum HumanText {
  /// `12.3 MiB`
  static func bytes(_ count: Int64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var value = Double(count)
    var unit = 0
    while value >= 1_024, unit < units.count - 1 {
      value /= 1_024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\((value * 10).rounded() / 10) \(units[unit])"
  }

  /// As kubectl's AGE column: `45s`, `3m20s`, `47m`, `5h12m`, `3d4h`, `40d`
  /// (https://pkg.go.dev/k8s.io/apimachinery/pkg/util/duration#HumanDuration).
  static func age(seconds: Int) -> String {
    let seconds = max(0, seconds)
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400)
    func pair(_ whole: Int, _ unit: String, _ rest: Int, _ smaller: String) -> String {
      rest == 0 ? "\(whole)\(unit)" : "\(whole)\(unit)\(rest)\(smaller)"
    }
    switch seconds {
    case ..<120: return "\(seconds)s"
    case ..<600: return pair(minutes, "m", seconds % 60, "s")
    case ..<10_800: return "\(minutes)m"
    case ..<28_800: return pair(hours, "h", minutes % 60, "m")
    case ..<172_800: return "\(hours)h"
    case ..<691_200: return pair(days, "d", hours % 24, "h")
    default: return "\(days)d"
    }
  }

  static func age(since date: Date, now: Date) -> String {
    age(seconds: Int(now.timeIntervalSince(date).rounded(.down)))
  }

  /// `0:07`, `12:30`, `1:02:03`
  static func clock(_ duration: Duration) -> String {
    let seconds = max(0, duration.components.seconds)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
  }

  /// `1 artifact`, `3 artifacts`
  static func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}
