import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

/// What the executor's log says of a run that is under way.
struct RunLog: Sendable, Hashable {
  struct Source: Sendable, Hashable {
    var name: String
    var plainBytes: Int64?
    var storedBytes: Int64?
  }

  /// In the order in which they were captured, each once.
  var captured: [Source] = []

  var storedBytes: Int64 { captured.compactMap(\.storedBytes).reduce(0, +) }

  /// - Parameter text: Lines of text or JSON; others are skipped.
  init(parsing text: String) {
    for line in text.split(whereSeparator: \.isNewline) where line.contains("source captured") {
      let fields = line.first == "{" ? Self.json(line) : Self.pairs(line)
      guard let name = fields["source"], !captured.contains(where: { $0.name == name }) else { continue }
      captured.append(
        Source(
          name: name, plainBytes: fields["plain.bytes"].flatMap { Int64($0) },
          storedBytes: fields["stored.bytes"].flatMap { Int64($0) }))
    }
  }

  private static func json(_ line: Substring) -> [String: String] {
    guard let value = try? JSONValue(parsing: Data(line.utf8)), value["message"]?.stringValue == "source captured"
    else {
      return [:]
    }
    return (value.objectValue ?? [:]).compactMapValues(\.stringValue)
  }

  private static func pairs(_ line: Substring) -> [String: String] {
    let pairs = line.split(separator: " ").compactMap { word -> (String, String)? in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }
    return Dictionary(pairs) { _, last in last }
  }
}

extension KubernetesClient {
  /// The log of a Job's newest pod, as far as it tells of a run. nil where there is none, or where it may not be read: the
  /// status tells the rest.
  func runLog(job: String?, namespace: String) async -> RunLog? {
    guard let job, let pod = try? await pods(ofJob: job, in: namespace).last else { return nil }
    let text = try? await podLogs(
      name: pod.metadata.name ?? "", namespace: namespace, options: LogOptions(tailLines: 500, limitBytes: 1 << 20))
    return text.map { RunLog(parsing: $0) }
  }

  /// The oldest first.
  func pods(ofJob job: String, in namespace: String) async throws -> [Pod] {
    let list = try await list(
      Pod.self, namespace: namespace, options: ListOptions(labelSelector: "batch.kubernetes.io/job-name=\(job)"))
    return list.objects().sorted {
      ($0.metadata.creationTimestamp?.date ?? .distantPast) < ($1.metadata.creationTimestamp?.date ?? .distantPast)
    }
  }
}
