import Foundation
import Hummingbird
import KubernetesModel

extension APIResponder {
  /// Subresources that are no part of the object.
  /// - Returns: Nil for those that are.
  func performSpecial(_ subresource: String, _ call: Call) async throws(APIError) -> Response? {
    switch (call.resource.type, subresource) {
    case (.pods, "log"):
      guard call.request.method == .get else { return nil }
      return try await log(call)
    case (.pods, "exec"): return try execWithoutWebSocket(call)
    case (.pods, "attach"), (.pods, "portforward"), (.pods, "proxy"), (.services, "proxy"),
      (.pods, "ephemeralcontainers"), (.pods, "resize"), (.pods, "binding"):
      throw .notImplemented("\(call.resource.type.plural)/\(subresource)")
    case (.pods, "eviction"):
      guard call.request.method == .post else { return nil }
      return try await evict(call)
    case (.serviceAccounts, "token"):
      guard call.request.method == .post else { return nil }
      return try await issueToken(call)
    default: return nil
    }
  }

  /// Deletes the pod. PodDisruptionBudgets are stored only and hold nothing up.
  private func evict(_ call: Call) async throws(APIError) -> Response {
    let eviction = try await body(call).value
    var options = DeleteOptions()
    options.gracePeriodSeconds = eviction["deleteOptions"]?["gracePeriodSeconds"]?.integerValue.map { Int($0) }
    options.uid = eviction["deleteOptions"]?["preconditions"]?["uid"]?.stringValue
    options.isDryRun = call.query["dryRun"] == "All"
    _ = try server.delete(
      call.resource, namespace: call.target.namespace, name: call.target.name ?? "", options: options)
    return Self.response(
      ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201], code: 201)
  }

  /// `kubectl create token`
  private func issueToken(_ call: Call) async throws(APIError) -> Response {
    let name = call.target.name ?? ""
    let account = try server.get(call.resource, namespace: call.target.namespace, name: name)
    var request = try await body(call).value
    let seconds = request["spec"]?["expirationSeconds"]?.integerValue ?? 3_600
    guard (600...4_294_967_296).contains(seconds) else {
      throw .invalid(
        ResourceType(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest", plural: "tokenrequests"),
        name: name,
        causes: [
          .invalid(
            FieldPath("spec.expirationSeconds"), .integer(seconds), "may not specify a duration less than 10 minutes")
        ])
    }
    let audiences = (request["spec"]?["audiences"]?.arrayValue ?? []).compactMap(\.stringValue)
    let token = tokens.token(
      namespace: account.namespace ?? "", serviceAccount: name, uid: account.objectUID, audiences: audiences,
      expirationSeconds: Int(seconds))
    request["apiVersion"] = "authentication.k8s.io/v1"
    request["kind"] = "TokenRequest"
    request["metadata"] = ["name": .string(name), "namespace": .string(account.namespace ?? "")]
    request["spec", default: [:]]["expirationSeconds"] = .integer(seconds)
    request["spec", default: [:]]["audiences"] = .strings(audiences.isEmpty ? [TokenAuthority.audience] : audiences)
    let expiry = server.clock().addingTimeInterval(Double(seconds))
    request["status"] = ["token": .string(token), "expirationTimestamp": .string(Timestamp(expiry).description)]
    return Self.response(request, code: 201)
  }

  /// SelfSubjectAccessReview and its kin: answered, never stored.
  func review(_ call: Call) async throws(APIError) -> Response {
    var review = try await body(call).value
    review["apiVersion"] = .string(call.resource.type.apiVersion)
    review["kind"] = .string(call.resource.type.kind)
    review["metadata"] = review["metadata"] ?? [:]
    switch call.resource.type.kind {
    case "SelfSubjectAccessReview":
      let wanted = review["spec"]?["resourceAttributes"]
      let subresource = wanted?["subresource"]?.stringValue ?? ""
      let plural = wanted?["resource"]?.stringValue ?? ""
      let attributes = AccessAttributes(
        verb: wanted?["verb"]?.stringValue ?? "", group: wanted?["group"]?.stringValue ?? "",
        resource: subresource.isEmpty ? plural : "\(plural)/\(subresource)",
        namespace: wanted?["namespace"]?.stringValue, name: wanted?["name"]?.stringValue,
        path: review["spec"]?["nonResourceAttributes"]?["path"]?.stringValue)
      review["status"] = ["allowed": .bool(authorizer.allows(call.caller, attributes))]
    case "SelfSubjectRulesReview":
      let namespace = review["spec"]?["namespace"]?.stringValue
      let rules: [JSONValue] =
        call.caller.isAdministrator
        ? [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]] : authorizer.rules(of: call.caller, in: namespace)
      review["status"] = ["resourceRules": .array(rules), "nonResourceRules": [], "incomplete": false]
    case "SelfSubjectReview":
      review["status"] = ["userInfo": Self.userInfo(call.caller)]
    case "TokenReview":
      let caller = review["spec"]?["token"]?.stringValue.flatMap(tokens.caller)
      review["status"] = ["authenticated": .bool(caller != nil), "user": caller.map(Self.userInfo) ?? [:]]
    default: throw .notImplemented(call.resource.type.kind)
    }
    return Self.response(review, code: 201)
  }

  private static func userInfo(_ caller: Caller) -> JSONValue {
    var info: JSONValue = ["username": .string(caller.username), "groups": .strings(caller.groups)]
    if let uid = caller.uid { info["uid"] = .string(uid) }
    return info
  }
}
