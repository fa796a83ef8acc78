import Foundation
import NIOCore
import OpenBaoSource
import SnapshotSource
import TestServers
import Testing

/// Ways to log in, and what is said where one does not work.
@Suite struct LoginTests {
  private typealias Login = OpenBaoEndpoint.Login

  private func source(_ address: String, _ login: Login) -> OpenBaoSource {
    OpenBaoSource(name: "raft", endpoint: OpenBaoEndpoint(address: address, login: login))
  }

  private func failure(_ address: String, _ login: Login) async -> SnapshotSourceError? {
    do {
      _ = try await source(address, login).capture { _ in }
      return nil
    } catch {
      return error as? SnapshotSourceError
    }
  }

  // MARK: A real OpenBao

  @Test func appRoleAndUserpassTakeASnapshotAndLeaveNoToken() async throws {
    let server = try await OpenBaoServer.start()
    let policy = #"path \"sys/storage/raft/snapshot\" { capabilities = [\"read\"] }"#
    for (path, body) in [
      ("sys/policies/acl/snapshot", #"{"policy":"\#(policy)"}"#),
      ("sys/auth/team/approle", #"{"type":"approle"}"#), ("sys/auth/userpass", #"{"type":"userpass"}"#),
      ("auth/team/approle/role/backup", #"{"token_policies":"snapshot"}"#),
      ("auth/userpass/users/ops", #"{"password":"geheim","token_policies":"snapshot"}"#),
    ] {
      let answer = try await server.request("POST", path, json: body)
      try #require((200..<300).contains(answer.status), "\(path): \(answer.text)")
    }
    let roleID = try await member("role_id", server.request("GET", "auth/team/approle/role/backup/role-id"))
    let secretID = try await member("secret_id", server.request("POST", "auth/team/approle/role/backup/secret-id"))
    let before = try await server.request("LIST", "auth/token/accessors").text.split(separator: ",").count

    let logins: [Login] = [
      .appRole(roleID: roleID, secretID: secretID, mountPath: "/team/approle/"),
      .userpass(username: "ops", password: "geheim", mountPath: "userpass"),
    ]
    for login in logins {
      let facts = try await source(server.address, login).capture { _ in }
      #expect(facts.values["sealType"] == "shamir")
      #expect(facts.values["sealedSums"] == "true")
      #expect(facts.values["sealKeyID"] == nil, "unseal keys have no id")
      #expect(facts.warnings.isEmpty)
    }
    #expect(try await server.request("LIST", "auth/token/accessors").text.split(separator: ",").count == before)

    let wrong: [(Login, String)] = [
      (.appRole(roleID: roleID, secretID: "not-it", mountPath: "team/approle"), "secret id"),
      (.userpass(username: "ops", password: "falsch", mountPath: "userpass"), "username and password"),
    ]
    for (login, text) in wrong {
      let error = await failure(server.address, login)
      #expect(error?.code == .unauthorized)
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("falsch") == false)
      #expect(error?.message.contains("not-it") == false)
    }
    let nowhere = await failure(server.address, .userpass(username: "ops", password: "x", mountPath: "elsewhere"))
    #expect(nowhere?.code == .unauthorized)
    #expect(nowhere?.message.contains("userpass.mountPath") == true, "\(nowhere?.message ?? "")")
    server.process.stop()
  }

  @Test func aJWTForAnotherAudienceAnExpiredOneAndAPolicyWithoutTheRightAreToldApart() async throws {
    let server = try await OpenBaoServer.shared.get()
    let method = try await JWTMethod.enable(on: server)
    func login(_ token: String, _ mount: String) -> Login { .jwt(role: "backup", mountPath: mount, token: token) }

    let audience = await failure(server.address, login(try method.token(audience: "vault"), method.mount))
    #expect(audience?.code == .unauthorized)
    #expect(audience?.message.contains("another audience") == true, "\(audience?.message ?? "")")

    let expired = await failure(server.address, login(try method.token(lifetime: -3_600), method.mount))
    #expect(expired?.code == .unauthorized)
    #expect(expired?.message.contains("has expired") == true, "\(expired?.message ?? "")")

    let other = try await JWTMethod.enable(
      on: server, policy: #"path \"sys/health\" { capabilities = [\"read\"] }"#)
    let denied = await failure(server.address, login(try other.token(), other.mount))
    #expect(denied?.code == .unauthorized)
    #expect(denied?.message.contains("capability read on path \"sys/storage/raft/snapshot\"") == true)
  }

  @Test func aSealedServerIsToldApartFromOneThatIsNotInitialized() async throws {
    let server = try await OpenBaoServer.start()
    _ = try await server.request("PUT", "sys/seal")
    let error = await failure(server.address, .token(server.rootToken))
    #expect(error?.message.contains("is sealed") == true, "\(error?.message ?? "")")
    server.process.stop()
  }

  private func member(_ name: String, _ answer: HTTPProbe.Answer) throws -> String {
    let object = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    return try #require((object?["data"] as? [String: Any])?[name] as? String, "\(answer.text)")
  }

  // MARK: Scripted

  @Test func aKubernetesLoginSendsRoleAndToken() async throws {
    let archive = RaftArchive().gzip
    let server = try await StubServer.start { request in
      if request.path == "/v1/auth/kubernetes/login" {
        return .json("200 OK", #"{"auth":{"client_token":"s.login"}}"#)
      }
      return request.path.contains("snapshot") ? .chunked(archive) : nil
    }
    let login = Login.kubernetes(role: "backup", mountPath: "kubernetes", token: "a.b.c")
    _ = try await source(server.address, login).capture { _ in }
    let snapshot = try #require(server.requests.first { $0.path.contains("snapshot") })
    #expect(snapshot.headers["x-vault-token"] == "s.login")
    await server.stop()
  }

  @Test func aLoginThatAsksForASecondFactorSaysSo() async throws {
    let server = try await StubServer.start { request in
      request.path.contains("login")
        ? .json(
          "200 OK", #"{"auth":{"client_token":"","mfa_requirement":{"mfa_request_id":"1","mfa_constraints":{}}}}"#)
        : nil
    }
    let error = await failure(server.address, .userpass(username: "a", password: "b", mountPath: "userpass"))
    #expect(error?.code == .unauthorized)
    #expect(error?.message.contains("second factor") == true)
    await server.stop()
  }

  @Test func aDisasterRecoverySecondaryIsRefusedBeforeTheLogin() async throws {
    let server = try await StubServer.start { _ in
      .json("200 OK", #"{"initialized":true,"sealed":false,"standby":true,"replication_dr_mode":"secondary"}"#)
    }
    let error = await failure(server.address, .token("s.t"))
    #expect(error?.code == .configuration)
    #expect(error?.message.contains("primary") == true)
    #expect(server.requests.count == 1)
    await server.stop()
  }
}
