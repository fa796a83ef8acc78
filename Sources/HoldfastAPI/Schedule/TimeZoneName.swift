public import Foundation

/// IANA time zone names, as a CronJob's `timeZone` takes them.
public enum TimeZoneName {
  /// What an absent `timeZone` means. Without it a CronJob would follow the zone of the controller manager's host.
  public static let utc = "Etc/UTC"

  /// Names in the IANA database that have no slash. Foundation also knows abbreviations such as `PST` and `IST`, which
  /// the CronJob controller does not.
  private static let plainNames: Set<String> = [
    "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "GB-Eire", "GMT", "GMT+0", "GMT-0",
    "GMT0", "Greenwich", "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya",
    "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC", "ROK",
    "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu",
  ]

  /// - Returns: nil where `name` is not in the IANA database.
  public static func resolve(_ name: String) -> TimeZone? {
    guard name.utf8.count <= 64, name.contains("/") || plainNames.contains(name) else { return nil }
    if ["UTC", "UCT", "Universal", "Zulu", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu"].contains(name) {
      return .gmt
    }
    guard let zone = TimeZone(identifier: name) else { return nil }
    return zone
  }
}
