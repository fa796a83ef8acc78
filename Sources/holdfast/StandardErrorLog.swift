import Foundation
import KubernetesModel
import Logging

/// Log lines on standard error, one a line whatever they hold.
struct StandardErrorLog: LogHandler {
  let format: LogFormat
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  init(format: LogFormat, logLevel: Logger.Level) {
    self.format = format
    self.logLevel = logLevel
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    let values = all.mapValues { "\($0)" }
    let time = RFC3339.format(Date(), fractionDigits: 3)
    let line =
      switch format {
      case .text: Self.text(time, event.level, "\(event.message)", values)
      case .json: Self.json(time, event.level, "\(event.message)", values)
      }
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  private static func text(
    _ time: String, _ level: Logger.Level, _ message: String, _ values: [String: String]
  ) -> String {
    let pairs = values.sorted { $0.key < $1.key }.map { key, value in
      let isPlain = !value.isEmpty && !value.contains { $0.isWhitespace || $0 == "\"" }
      return "\(key)=\(isPlain ? value : quoted(value))"
    }
    return ([time, level.rawValue, message] + pairs).joined(separator: " ")
  }

  private static func json(
    _ time: String, _ level: Logger.Level, _ message: String, _ values: [String: String]
  ) -> String {
    var fields = ["time": time, "level": level.rawValue, "message": message]
    // What a line is about never takes the place of the line itself, nor gets lost.
    for (key, value) in values { fields[fields[key] == nil ? key : key + "_"] = value }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings always encode.
    return (try? encoder.encode(fields)).map { String(decoding: $0, as: UTF8.self) } ?? message
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
