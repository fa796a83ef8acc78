import AzureStore
import Foundation
import ObjectStore
import StoreHTTP
import Testing

@Suite struct CredentialTests {
  private static let key = Data((0..<64).map { UInt8($0) }).base64EncodedString()
  private static let sas = "sv=2022-11-02&sr=c&sp=rcwdl&se=2026-12-01T00:00:00Z&sig=abc%2Bdef%3D"

  @Test func connectionStringsInAllTheirForms() throws {
    let plain = try AzureConnectionString(
      "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=\(Self.key);EndpointSuffix=core.windows.net")
    #expect(plain.storageAccount == "acme")
    #expect(plain.endpoint == "https://acme.blob.core.windows.net")
    #expect(plain.credentials == .accountKey(try AzureAccountKey(base64: Self.key)))
    let short = try AzureConnectionString("accountname=acme; accountkey=\(Self.key);")
    #expect(short.endpoint == nil)
    let china = try AzureConnectionString(
      "AccountName=acme;AccountKey=\(Self.key);EndpointSuffix=core.chinacloudapi.cn")
    #expect(china.endpoint == "https://acme.blob.core.chinacloudapi.cn")
    let token = try AzureConnectionString(
      "BlobEndpoint=https://acme.blob.core.windows.net/;QueueEndpoint=https://q.example;SharedAccessSignature=\(Self.sas)"
    )
    #expect(token.storageAccount == "acme")
    #expect(token.credentials == .sas(try AzureSASToken(Self.sas)))
    let custom = try AzureConnectionString(
      "BlobEndpoint=https://files.acme.example;AccountName=acme;AccountKey=\(Self.key)")
    #expect(custom.endpoint == "https://files.acme.example")
    let emulator = try AzureConnectionString("UseDevelopmentStorage=true")
    #expect(emulator.storageAccount == "devstoreaccount1")
    #expect(emulator.endpoint == "http://127.0.0.1:10000/devstoreaccount1")
    let proxied = try AzureConnectionString("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite.dev")
    #expect(proxied.endpoint == "http://azurite.dev:10000/devstoreaccount1")
    let emulatorSAS = try AzureConnectionString(
      "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;SharedAccessSignature=\(Self.sas)")
    #expect(emulatorSAS.storageAccount == "devstoreaccount1")
  }

  @Test(arguments: [
    ("", "empty"), ("nonsense", "part 1 of 1"), ("AccountName=a;;AccountKay=secretsecret", "part 2 of 2"),
    ("AccountName=acme", "neither AccountKey nor SharedAccessSignature"), ("AccountKey=c2VjcmV0", "AccountKey needs"),
    ("AccountName=acme;AccountKey=not base64!", "not base64"),
    ("AccountName=;AccountKey=c2VjcmV0", "AccountName is empty"),
    ("AccountName=a;AccountName=b;AccountKey=c2VjcmV0", "AccountName is there twice"),
    ("DefaultEndpointsProtocol=ftp;AccountName=acme;AccountKey=c2VjcmV0", "DefaultEndpointsProtocol"),
    ("BlobEndpoint=acme;AccountName=acme;AccountKey=c2VjcmV0", "BlobEndpoint is no URL"),
    ("SharedAccessSignature=sv=1&sig=2", "neither AccountName nor BlobEndpoint"),
    ("BlobEndpoint=https://10.0.0.1;SharedAccessSignature=sv=1&sig=2", "no AccountName"),
    ("AccountName=acme;SharedAccessSignature=sv=1", "no sig"), ("UseDevelopmentStorage=yes", "only be true"),
    ("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=azurite", "DevelopmentStorageProxyUri"),
  ])
  func aMalformedConnectionStringNamesThePartAndNoSecret(text: String, expected: String) {
    #expect {
      try AzureConnectionString(text)
    } throws: { error in
      says(error, .configuration, "connection string is malformed", expected) && !"\(error)".contains("secretsecret")
        && !"\(error)".contains("c2VjcmV0")
    }
  }

  @Test func aSASTokenIsTakenInEachForm() throws {
    let plain = try AzureSASToken(Self.sas)
    #expect(plain.permissions == "rcwdl")
    #expect(plain.expires == Date(timeIntervalSince1970: 1_796_083_200))
    #expect(try AzureSASToken("?" + Self.sas) == plain)
    #expect(try AzureSASToken("https://acme.blob.core.windows.net/backups?\(Self.sas)\n") == plain)
    #expect(try AzureSASToken(Self.sas.replacingOccurrences(of: "%2B", with: "+")) == plain)
    #expect(try AzureSASToken("sv=1&sig=2&se=2026-12-01").expires == Date(timeIntervalSince1970: 1_796_083_200))
    #expect(try AzureSASToken("sv=1&sig=2&se=2026-12-01T00:00Z").expires == Date(timeIntervalSince1970: 1_796_083_200))
    for (text, expected) in [("", "no sv"), ("sv=1", "no sig"), ("sv=1&x&sig=2", "part 2 of 3")] {
      #expect { try AzureSASToken(text) } throws: { says($0, .configuration, expected) }
    }
  }

  @Test func descriptionsHoldNoSecret() throws {
    let secret = AzureSecret(accountKey: Self.key, connectionString: "AccountKey=\(Self.key)", sasToken: Self.sas)
    let credentials: [AzureCredentials] = [
      .accountKey(try AzureAccountKey(base64: Self.key)), .sas(try AzureSASToken(Self.sas)),
      .clientSecret(AzureClientSecret(tenantID: "t", clientID: "c", secret: "s3cr3t", authorityHost: "https://x")),
      .managedIdentity(AzureManagedIdentity(endpoint: "http://x", header: "s3cr3t")),
    ]
    var text = "\(secret) \(String(reflecting: secret))"
    dump(secret, to: &text)
    for credentials in credentials {
      text += "\(credentials) \(String(reflecting: credentials))"
      dump(credentials, to: &text)
    }
    dump(try AzureConnectionString("AccountName=acme;AccountKey=\(Self.key)"), to: &text)
    #expect(
      !text.contains(Self.key) && !text.contains("abc+def") && !text.contains("abc%2B") && !text.contains("s3cr3t"))
  }

  // MARK: Which are used

  private func resolve(
    account: String? = "acme", secret: AzureSecret? = nil, _ environment: [String: String] = [:]
  ) throws -> AzureConfiguration {
    try AzureConfiguration.resolve(
      container: "backups", storageAccount: account, secret: secret, environment: environment)
  }

  @Test func aSecretGoesBeforeTheEnvironment() throws {
    let environment = [
      "AZURE_STORAGE_KEY": Data("other".utf8).base64EncodedString(), "AZURE_FEDERATED_TOKEN_FILE": "/t",
    ]
    #expect(
      try resolve(secret: AzureSecret(accountKey: " \(Self.key)\n"), environment).credentials
        == .accountKey(try AzureAccountKey(base64: Self.key)))
    #expect(try resolve(secret: AzureSecret(sasToken: Self.sas)).credentials == .sas(try AzureSASToken(Self.sas)))
    let string = "AccountName=acme;AccountKey=\(Self.key);EndpointSuffix=core.usgovcloudapi.net"
    let configuration = try resolve(account: nil, secret: AzureSecret(connectionString: string))
    #expect(configuration.storageAccount == "acme")
    #expect(configuration.endpoint == "https://acme.blob.core.usgovcloudapi.net")
    #expect {
      try resolve(account: "other", secret: AzureSecret(connectionString: string))
    } throws: { says($0, .configuration, "azure.storageAccount is other", "account acme") }
    #expect { try resolve(secret: AzureSecret()) } throws: { says($0, .configuration, "none of the keys") }
    #expect {
      try resolve(secret: AzureSecret(accountKey: Self.key, sasToken: Self.sas))
    } throws: { says($0, .configuration, "accountKey and sasToken") }
    #expect { try resolve(account: nil, secret: AzureSecret(accountKey: Self.key)) } throws: {
      says($0, .configuration, "azure.storageAccount")
    }
  }

  @Test func theEnvironmentIsReadAsAzuresToolsReadIt() throws {
    let webhook = [
      "AZURE_CLIENT_ID": "client", "AZURE_TENANT_ID": "tenant", "AZURE_FEDERATED_TOKEN_FILE": "/var/run/token",
      "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/",
    ]
    #expect(
      try resolve(webhook).credentials
        == .workloadIdentity(
          AzureWorkloadIdentity(
            tenantID: "tenant", clientID: "client", tokenFile: "/var/run/token",
            authorityHost: "https://login.microsoftonline.us")))
    #expect(
      try resolve(webhook.merging(["AZURE_STORAGE_SAS_TOKEN": Self.sas]) { $1 }).credentials
        == .sas(try AzureSASToken(Self.sas)))
    for name in ["AZURE_CLIENT_ID", "AZURE_TENANT_ID"] {
      var without = webhook
      without[name] = nil
      #expect { try resolve(without) } throws: { says($0, .configuration, "\(name) is not", "annotate") }
    }
    #expect(
      try resolve(["AZURE_CLIENT_SECRET": "s", "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"]).credentials
        == .clientSecret(
          AzureClientSecret(
            tenantID: "t", clientID: "c", secret: "s", authorityHost: "https://login.microsoftonline.com")))
    #expect(try resolve([:]).credentials == .managedIdentity(AzureManagedIdentity()))
    #expect(
      try resolve(["IDENTITY_ENDPOINT": "http://localhost:42356/msi/token", "IDENTITY_HEADER": "h"]).credentials
        == .managedIdentity(AzureManagedIdentity(endpoint: "http://localhost:42356/msi/token", header: "h")))
    #expect(try resolve(account: nil, ["AZURE_STORAGE_ACCOUNT": "acme"]).storageAccount == "acme")
    #expect(
      try resolve(webhook.merging(["HTTPS_PROXY": "http://proxy.example:3128"]) { $1 }).identityProxy?.host
        == "proxy.example")
  }
}
