import Foundation
import Yams

/// What the operator was told, checked. A flag goes before an environment variable, that before the file, that before the
/// default; a list that is given replaces one that is given further down.
public struct OperatorSettings: Sendable, Hashable {
  /// What is wrong, all of it at once: where it was said, what was said, and what may be said.
  public struct Invalid: Error, CustomStringConvertible {
    public let problems: [String]
    public var description: String { problems.joined(separator: "\n") }
  }

  /// The variable that names the file; the flag is `--config`.
  public static let fileVariable = "HOLDFAST_CONFIG"

  private let values: [OperatorSetting: [String]]

  /// - Parameters:
  ///   - flags: What the command line says; a flag that is not given is absent.
  ///   - environment: Of the process. An empty variable counts as absent.
  ///   - file: The configuration file; nil for the one that the environment names, if any.
  public init(
    flags: [OperatorSetting: [String]] = [:], environment: [String: String] = [:], file: String? = nil
  ) throws(Invalid) {
    var problems: [String] = []
    var listed: [OperatorSetting: [String]] = [:]
    let path = file ?? environment[Self.fileVariable].flatMap { $0.isEmpty ? nil : $0 }
    if let path {
      do { listed = try Self.read(path) } catch { problems += error.problems }
    }
    var values: [OperatorSetting: [String]] = [:]
    for setting in OperatorSetting.allCases {
      let (found, place) = Self.find(setting, flags, environment, listed, path)
      guard let found else { continue }
      for value in found {
        if let problem = setting.problem(with: value) { problems.append("\(place) \(problem)") }
      }
      values[setting] = found
    }
    if values[.executorImage] == nil {
      problems.append(
        "no image for executor pods: give \(OperatorSetting.executorImage.flag), "
          + "\(OperatorSetting.executorImage.variable) or \(OperatorSetting.executorImage.key) in the file")
    }
    guard problems.isEmpty else { throw Invalid(problems: problems) }
    self.values = values
  }

  public func text(_ setting: OperatorSetting) -> String? { values[setting]?.first ?? setting.fallback }

  public func list(_ setting: OperatorSetting) -> [String] {
    values[setting] ?? setting.fallback?.split(separator: ",").map(String.init) ?? []
  }

  // Whatever is there was checked when it was read.
  public func number(_ setting: OperatorSetting) -> Int64 { text(setting).flatMap(Int64.init) ?? 0 }
  public func flag(_ setting: OperatorSetting) -> Bool { text(setting) == "true" }

  private static func find(
    _ setting: OperatorSetting, _ flags: [OperatorSetting: [String]], _ environment: [String: String],
    _ listed: [OperatorSetting: [String]], _ path: String?
  ) -> ([String]?, place: String) {
    if let given = flags[setting], !given.isEmpty { return (given, setting.flag) }
    if let given = environment[setting.variable], !given.isEmpty {
      let parts = given.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      return (setting.isList ? parts : [given], setting.variable)
    }
    return (listed[setting], "\(path ?? ""): \(setting.key)")
  }

  // MARK: The file

  /// One YAML mapping of keys to a value, or to a list where the setting is one.
  private static func read(_ path: String) throws(Invalid) -> [OperatorSetting: [String]] {
    let node: Node?
    do {
      node = try Yams.compose(yaml: String(contentsOfFile: path, encoding: .utf8))
    } catch let error as YamlError {
      throw Invalid(problems: ["\(path) is no YAML: \(error)"])
    } catch {
      throw Invalid(problems: ["\(path) cannot be read: \(error.localizedDescription)"])
    }
    guard let node else { return [:] }
    guard case .mapping(let mapping) = node else {
      throw Invalid(problems: ["\(path) has to be a mapping of settings to values"])
    }
    var result: [OperatorSetting: [String]] = [:]
    var problems: [String] = []
    for (key, value) in mapping {
      let name = key.string ?? ""
      guard let setting = OperatorSetting(rawValue: name) else {
        problems.append(
          "\(path): \(name) is no setting; known are \(OperatorSetting.allCases.map(\.key).joined(separator: ", "))")
        continue
      }
      if let problem = take(value, setting, &result) { problems.append("\(path): \(name) \(problem)") }
    }
    guard problems.isEmpty else { throw Invalid(problems: problems) }
    return result
  }

  /// - Returns: What is wrong with the value's shape.
  private static func take(
    _ value: Node, _ setting: OperatorSetting, _ result: inout [OperatorSetting: [String]]
  ) -> String? {
    switch value {
    case .scalar(let scalar):
      if value.null != nil { return nil }
      guard !setting.isList else { return "is a list; write each value in a line of its own, after a dash" }
      result[setting] = [scalar.string]
    case .sequence(let sequence):
      guard setting.isList else { return "is one value, not a list" }
      let texts = sequence.compactMap { $0.scalar?.string }
      guard texts.count == sequence.count else { return "is a list of plain values" }
      result[setting] = texts
    case .mapping, .alias: return "is \(setting.isList ? "a list" : "one value"), not a mapping"
    }
    return nil
  }
}

extension OperatorSetting {
  /// - Returns: What is wrong with one value, fit to follow where it was said.
  func problem(with value: String) -> String? {
    let shown = "'\(value.prefix(100))'"
    switch shape {
    case .number(let range):
      guard let number = Int64(value), range.contains(number) else {
        return "\(shown) is not a whole number from \(range.lowerBound) to \(range.upperBound)"
      }
    case .truth:
      guard ["true", "false"].contains(value) else { return "\(shown) is neither true nor false" }
    case .choice(let choices):
      guard choices.contains(value) else { return "\(shown) is none of \(choices.joined(separator: ", "))" }
    case .choices(let choices):
      guard choices.contains(value) else { return "\(shown) is none of \(choices.joined(separator: ", "))" }
    case .names:
      let label = /[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/
      let subdomain = /[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/
      let isName =
        self == .executorImagePullSecrets ? value.wholeMatch(of: subdomain) != nil : value.wholeMatch(of: label) != nil
      guard isName else {
        return "\(shown) is not the name of a \(self == .executorImagePullSecrets ? "Secret" : "namespace")"
      }
    case .text:
      guard !value.isEmpty, !value.contains(where: \.isNewline) else { return "is empty, or more than one line" }
      guard self != .executorImage || !value.contains(where: \.isWhitespace) else { return "\(shown) is not an image" }
    }
    return nil
  }
}
