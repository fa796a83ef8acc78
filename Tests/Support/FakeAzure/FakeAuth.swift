import Crypto
import Foundation
import NIOHTTP1
import StoreHTTP

/// What a request may do. Letters are those of a SAS token's `sp`.
struct FakeRights {
  /// nil for everything.
  var letters: String?
  /// Whether they reach operations on the container itself.
  var reachesContainer = true

  static let mismatch = FakeError(
    403, "AuthorizationPermissionMismatch",
    "This request is not authorized to perform this operation using this permission.")

  func has(_ letter: Character) -> Bool { letters?.contains(letter) != false }

  func require(_ letter: Character) throws {
    if !has(letter) { throw Self.mismatch }
  }

  func requireAny(_ letters: String) throws {
    if !letters.contains(where: has) { throw Self.mismatch }
  }

  func requireContainer(_ letter: Character) throws {
    guard reachesContainer else {
      throw FakeError(403, "AuthorizationFailure", "This request is not authorized to perform this operation.")
    }
    try require(letter)
  }

  func requireWrite(_ old: FakeBlob?, _ request: FakeRequest) throws {
    try requireAny("cw")
    if request.header("x-ms-tags") != nil { try require("t") }
    if request.header("x-ms-immutability-policy-until-date") != nil || request.header("x-ms-legal-hold") != nil {
      try require("i")
    }
    if old != nil, !has("w") {
      throw FakeError(
        403, "UnauthorizedBlobOverwrite", "This request is not authorized to perform blob overwrites.")
    }
  }
}

/// Finds out who sends a request. Written from the documentation, apart from the store's own code.
struct FakeAuth {
  let fake: FakeAzure
  let request: FakeRequest
  private var now: Date { fake.now() }

  func rights(_ state: FakeState, container: String?, key: String?) throws -> FakeRights {
    if let authorization = request.header("authorization") {
      let parts = authorization.split(separator: " ", maxSplits: 1).map(String.init)
      switch parts.first {
      case "SharedKey" where parts.count == 2: return try sharedKey(parts[1])
      case "Bearer" where parts.count == 2: return try bearer(parts[1], state)
      default:
        throw FakeError(
          400, "InvalidAuthenticationInfo", "Authentication information is not given in the correct format.")
      }
    }
    if request[query: "sig"] != nil { return try sas(container: container, key: key) }
    throw FakeError(
      401, "NoAuthenticationInformation",
      "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.")
  }

  private func failed(_ detail: String) -> FakeError {
    FakeError(
      403, "AuthenticationFailed",
      "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        + "including the signature.", detail: detail)
  }

  private func hmac(_ text: String) -> String {
    let key = SymmetricKey(data: Data(base64Encoded: fake.key) ?? Data())
    return Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)).base64EncodedString()
  }

  // MARK: Shared Key

  /// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
  private func sharedKey(_ value: String) throws -> FakeRights {
    let sides = value.split(separator: ":", maxSplits: 1).map(String.init)
    guard sides.count == 2, sides[0] == fake.account else { throw failed("The account is not the one of the URI.") }
    guard let text = request.header("x-ms-date") ?? request.header("date"), let date = HeaderValues.httpDate(text)
    else {
      throw FakeError(
        400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified.")
    }
    guard abs(date.timeIntervalSince(now)) <= 900 else { throw failed("Request date header too old: '\(text)'") }
    guard hmac(stringToSign) == sides[1] else {
      throw failed(
        "The MAC signature found in the HTTP request '\(sides[1])' is not the same as any computed signature. Server used "
          + "following string to sign: '\(stringToSign)'.")
    }
    return FakeRights(letters: nil)
  }

  private var stringToSign: String {
    var lines = [request.method]
    for name in [
      "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
      "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
    ] {
      var value = request.header(name) ?? ""
      if name == "Content-Length", value == "0" { value = "" }
      if name == "Date", request.header("x-ms-date") != nil { value = "" }
      lines.append(value)
    }
    var own: [String: String] = [:]
    for (name, value) in request.headers where name.lowercased().hasPrefix("x-ms-") {
      own[name.lowercased()] = value.trimmingCharacters(in: .whitespaces)
    }
    for name in own.keys.sorted() { lines.append("\(name):\(own[name] ?? "")") }
    var resource = "/" + fake.account + request.path
    let names = Set(request.query.map { $0.name.lowercased() }).sorted()
    for name in names {
      let values = request.query.filter { $0.name.lowercased() == name }.map(\.value).sorted()
      resource += "\n\(name):\(values.joined(separator: ","))"
    }
    lines.append(resource)
    return lines.joined(separator: "\n")
  }

  // MARK: Bearer

  private func bearer(_ token: String, _ state: FakeState) throws -> FakeRights {
    func refused(_ detail: String) -> FakeError {
      FakeError(
        401, "InvalidAuthenticationInfo",
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
        detail: detail)
    }
    guard let grant = state.tokens[token] else {
      throw refused("Signature validation failed. Signature verification failed.")
    }
    guard grant.expires > now else { throw refused("Lifetime validation failed. The token is expired.") }
    return FakeRights(letters: grant.permissions)
  }

  // MARK: SAS

  /// https://learn.microsoft.com/rest/api/storageservices/create-service-sas
  /// https://learn.microsoft.com/rest/api/storageservices/create-account-sas
  private func sas(container: String?, key: String?) throws -> FakeRights {
    func value(_ name: String) -> String { request[query: name] ?? "" }
    let version = value("sv")
    guard version >= "2018-11-09" else { throw failed("sv is mandatory. Cannot be empty") }
    var lines: [String]
    let isAccount = request[query: "ss"] != nil
    if isAccount {
      lines = [fake.account] + ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"].map(value)
      if version >= "2020-12-06" { lines.append(value("ses")) }
      lines.append("")
    } else {
      guard let container else { throw failed("The SAS is for a container.") }
      let resource: String
      switch value("sr") {
      case "c": resource = "/blob/\(fake.account)/\(container)"
      case "b": resource = "/blob/\(fake.account)/\(container)/\(key ?? "")"
      default: throw failed("sr is invalid")
      }
      lines = ["sp", "st", "se"].map(value) + [resource] + ["si", "sip", "spr", "sv", "sr"].map(value) + [""]
      if version >= "2020-12-06" { lines.append(value("ses")) }
      lines += ["rscc", "rscd", "rsce", "rscl", "rsct"].map(value)
    }
    guard hmac(lines.joined(separator: "\n")) == value("sig") else {
      throw failed("Signature did not match. String to sign used was \(lines.joined(separator: "\n"))")
    }
    try checkTimes(value("st"), value("se"))
    if value("spr") == "https" {
      throw FakeError(
        403, "AuthorizationProtocolMismatch",
        "This request is not authorized to perform this operation using this protocol.")
    }
    if isAccount, !value("ss").contains("b") {
      throw FakeError(
        403, "AuthorizationServiceMismatch",
        "This request is not authorized to perform this operation using this service.")
    }
    let type: Character = key != nil || request[query: "comp"] == "list" && container == nil ? "o" : "c"
    if isAccount, !value("srt").contains(type), key != nil || container != nil {
      throw FakeError(
        403, "AuthorizationResourceTypeMismatch",
        "This request is not authorized to perform this operation using this resource type.")
    }
    return FakeRights(letters: value("sp"), reachesContainer: isAccount)
  }

  private func checkTimes(_ start: String, _ end: String) throws {
    let begins = HeaderValues.isoDate(start) ?? .distantPast
    guard let ends = HeaderValues.isoDate(end), begins <= now, ends > now else {
      throw failed(
        "Signature not valid in the specified time frame: Start [\(start)] - Expiry [\(end)] - Current "
          + "[\(FakeDate.format(now))]")
    }
  }
}
