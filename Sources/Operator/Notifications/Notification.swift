import Foundation
import KubernetesModel

/// What a webhook is told: an Event, as one object.
struct Notification: Codable, Sendable, Hashable {
  /// Of this shape; a member that is added does not change it.
  var version = 1
  var time: Timestamp
  /// `Normal` or `Warning`.
  var type: String
  var reason: String
  var message: String
  var kind: String
  var namespace: String?
  var name: String
  /// The uid of the namespace kube-system, where it is known: which cluster it is.
  var cluster: String?

  /// `BackupPolicy ns/bao`.
  var object: String { "\(kind) \(namespace.map { "\($0)/" } ?? "")\(name)" }
}

/// What is posted to a webhook.
public enum NotificationFormat: String, Sendable, Hashable, CaseIterable {
  /// ``Notification`` as it is.
  case json
  /// `{"text": ...}`, which Slack, Mattermost, Rocket.Chat and Google Chat take.
  case slack
  /// CloudEvents 1.0 in structured mode (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
  case cloudevents

  var contentType: String {
    switch self {
    case .json, .slack: "application/json; charset=utf-8"
    case .cloudevents: "application/cloudevents+json; charset=utf-8"
    }
  }

  /// - Parameter id: Of this notification, the same for each attempt, so that a receiver can drop a second one.
  func body(of notification: Notification, id: String) throws -> [UInt8] {
    let data = try JSONValue(encoding: notification)
    let body: JSONValue =
      switch self {
      case .json: data
      case .slack: ["text": .string(Self.text(notification))]
      case .cloudevents:
        [
          "specversion": "1.0", "id": .string(id), "type": .string("dev.holdfast.\(notification.reason)"),
          "source": .string("/holdfast.dev/\(notification.cluster ?? "cluster")"),
          "subject": .string(
            "\(notification.kind.lowercased())/\(notification.namespace.map { "\($0)/" } ?? "")\(notification.name)"),
          "time": .string(notification.time.description), "datacontenttype": "application/json", "data": data,
        ]
      }
    return Array(try body.serialized())
  }

  /// Slack reads three characters as markup (https://api.slack.com/reference/surfaces/formatting#escaping).
  private static func text(_ notification: Notification) -> String {
    let sign = notification.type == "Warning" ? ":warning:" : ":information_source:"
    let text = "*\(notification.reason)* \(notification.object): \(notification.message)"
      .replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
    return "\(sign) \(text)"
  }
}
