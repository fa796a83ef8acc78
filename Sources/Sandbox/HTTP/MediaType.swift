/// One entry of an `Accept` or `Content-Type` header.
struct MediaType: Sendable, Equatable {
  /// In lower case, without parameters.
  var name: String
  var parameters: [String: String]

  init(_ text: some StringProtocol) {
    let parts = text.split(separator: ";").map { $0.drop { $0 == " " } }
    name = parts.first.map { $0.lowercased().filter { $0 != " " } } ?? ""
    parameters = [:]
    for part in parts.dropFirst() {
      let sides = part.split(separator: "=", maxSplits: 1)
      if sides.count == 2 { parameters[String(sides[0])] = String(sides[1]) }
    }
  }

  static func list(_ header: String?) -> [MediaType] { (header ?? "").split(separator: ",").map { MediaType($0) } }
}

/// What form an answer has.
enum ResponseForm: Sendable, Equatable {
  case object
  case table
  /// `PartialObjectMetadata` or its list.
  case metadata
  /// Aggregated discovery, in this version of `apidiscovery.k8s.io`.
  case aggregatedDiscovery(version: String)

  /// The first acceptable form.
  /// - Throws: `NotAcceptable` where the client takes neither JSON nor anything.
  init(accept: String?) throws(APIError) {
    let accepted = MediaType.list(accept)
    if accepted.isEmpty {
      self = .object
      return
    }
    for type in accepted
    where ["application/json", "*/*", "application/*", "text/plain", "application/yaml"].contains(type.name) {
      let (kind, group) = (type.parameters["as"], type.parameters["g"])
      switch (kind, group) {
      case (nil, _): self = .object
      case ("Table"?, "meta.k8s.io"?) where type.parameters["v"] == "v1": self = .table
      case ("PartialObjectMetadata"?, "meta.k8s.io"?), ("PartialObjectMetadataList"?, "meta.k8s.io"?): self = .metadata
      case ("APIGroupDiscoveryList"?, "apidiscovery.k8s.io"?):
        self = .aggregatedDiscovery(version: type.parameters["v"] ?? "v2")
      default: continue
      }
      return
    }
    throw APIError(
      code: 406, reason: .notAcceptable,
      message:
        "only the following media types are accepted: application/json, application/json;as=Table;g=meta.k8s.io;v=v1, "
        + "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
  }
}
