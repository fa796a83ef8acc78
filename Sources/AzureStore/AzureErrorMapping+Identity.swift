import Foundation
import NIOHTTP1
import ObjectStore
import StoreHTTP

/// Who we are, and what we may do.
extension AzureFailure {
  var byIdentity: ObjectStoreError? {
    switch code {
    case "AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation":
      return authentication
    case "AuthorizationPermissionMismatch", "InsufficientAccountPermissions", "AuthorizationServiceMismatch",
      "AuthorizationResourceTypeMismatch", "UnauthorizedBlobOverwrite":
      return authorization
    case "AuthorizationFailure":
      return make(
        .accessDenied,
        "the account's firewall or network rules keep this address out; allow the cluster's network, or use a private "
          + "endpoint (networking of account \(configuration.storageAccount)). Where they do not, \(denied)")
    case "AuthorizationSourceIPMismatch":
      return make(.accessDenied, "the SAS token is for other addresses (sip) than the one this request comes from")
    case "AuthorizationProtocolMismatch", "AuthorizationProtocol":
      return make(.accessDenied, "the SAS token is for https alone (spr); make the endpoint https")
    case "KeyBasedAuthenticationNotPermitted":
      return make(
        .accessDenied,
        "account \(configuration.storageAccount) takes no account key, nor a SAS token signed with it; use workload "
          + "identity, or allow storage account key access")
    case "PublicAccessNotPermitted":
      return make(.accessDenied, "the request came without credentials; a proxy may have removed them")
    case "AccountIsDisabled":
      return make(
        .accessDenied, "account \(configuration.storageAccount) is disabled; see to its subscription")
    default: return nil
    }
  }

  /// What is missing, by the kind of credentials.
  var denied: String {
    let action = request.action.dataAction
    switch configuration.credentials {
    case .sas(let token):
      let missing = missingLetters(token)
      if missing.isEmpty {
        return "\(token) does not allow \(action) on \(container); make one for the container (sr=c)"
      }
      return "\(token) lacks \(missing) (\(request.method) on \(container)); make one with it"
    case .accountKey:
      return "the account key may not do \(action) on \(container)"
    case .workloadIdentity, .clientSecret, .managedIdentity:
      // https://learn.microsoft.com/azure/role-based-access-control/permissions/storage
      let extras = [
        setsLock ? "immutableStorage/runAsSuperUser/action" : nil,
        request.header("x-ms-tags") == nil ? nil : "tags/write",
      ].compactMap { $0 }
      let role = extras.isEmpty ? "Storage Blob Data Contributor" : "Storage Blob Data Owner"
      let more = extras.isEmpty ? "" : ", with \(extras.joined(separator: " and ")) for locks and tags"
      return "\(configuration.credentials) may not do \(action) on \(container); give it the role \(role) there\(more) "
        + "(a new assignment takes up to ten minutes)"
    }
  }

  private var setsLock: Bool {
    request.header("x-ms-immutability-policy-until-date") != nil || request.header("x-ms-legal-hold") != nil
  }

  /// Empty where the token has them all, or a stored access policy holds them.
  private func missingLetters(_ token: AzureSASToken) -> String {
    guard let permissions = token.permissions else { return "" }
    var needed: [Character] = [request.action.letter]
    // Who may create may write what is not there.
    if needed == ["w"], permissions.contains("c") { needed = [] }
    if request.header("x-ms-tags") != nil { needed.append("t") }
    if setsLock { needed.append("i") }
    return String(needed.filter { !permissions.contains($0) })
  }

  private var authorization: ObjectStoreError {
    switch code {
    case "UnauthorizedBlobOverwrite":
      if request.header("if-none-match") != nil { return make(.alreadyExists, "the key is taken") }
      return make(
        .accessDenied, "the SAS token may create objects and not replace one (c without w), and the key is taken")
    case "AuthorizationServiceMismatch":
      return make(.accessDenied, "the SAS token is not for the blob service; make one with ss=b")
    case "AuthorizationResourceTypeMismatch":
      return make(.accessDenied, "the SAS token is not for containers and objects; make one with srt=co")
    default: return make(.accessDenied, denied)
    }
  }

  /// Azure says AuthenticationFailed to a wrong signature, a wrong clock and an expired token alike; the detail tells.
  private var authentication: ObjectStoreError {
    let said = "\(detail) \(serverMessage)".lowercased()
    switch configuration.credentials {
    case .accountKey:
      if said.contains("date header") || said.contains("too old") || isSkewed { return clockSkew }
      return make(
        .signatureMismatch,
        "the account key is wrong, or a proxy changed the request; copy key1 or key2 of account "
          + "\(configuration.storageAccount) again")
    case .sas(let token): return sasToken(token, said)
    case .workloadIdentity, .clientSecret, .managedIdentity:
      if said.contains("audience") || said.contains("issuer") {
        return make(
          .accessDenied,
          "the store does not take tokens of that tenant or cloud (\(reason)); the account must be in the "
            + "identity's tenant")
      }
      if said.contains("lifetime") || said.contains("expired") {
        return make(.clockSkew, "the store says that the token is not valid now; \(clocks)")
      }
      return make(.accessDenied, "the store does not take the token of \(configuration.credentials)")
    }
  }

  private func sasToken(_ token: AzureSASToken, _ said: String) -> ObjectStoreError {
    if let end = token.expires, end <= now {
      return make(.accessDenied, "the SAS token expired at \(end.formatted(.iso8601)); make a new one")
    }
    if let start = token.starts, start > now {
      return make(.clockSkew, "the SAS token begins at \(start.formatted(.iso8601)); \(clocks)")
    }
    if said.contains("time frame") {
      return make(.clockSkew, "the store says that the SAS token is not valid now, and \(token); \(clocks)")
    }
    return make(
      .signatureMismatch,
      "the SAS token's signature is wrong: it was cut, changed, is for another account or container, or the key that "
        + "signed it was rotated; make a new one")
  }

  private var clockSkew: ObjectStoreError { make(.clockSkew, clocks) }

  private var clocks: String {
    "this clock says \(now.formatted(.iso8601)) and the store's says \(headers.first(name: "date") ?? "unknown"); set the "
      + "node's clock (NTP)"
  }

  /// More than the 15 minutes that Azure allows.
  private var isSkewed: Bool {
    headers.first(name: "date").flatMap(HeaderValues.httpDate).map { abs($0.timeIntervalSince(now)) > 840 } ?? false
  }

  private var reason: String { String(detail.prefix { !$0.isNewline }.prefix(200)) }
}
