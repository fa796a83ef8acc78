import Foundation
import KubernetesClient
import Testing

struct KubeconfigTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func config(
    server: String = "https://a:6443", cluster: String = "", user: String = "token: t1", current: String = "main"
  ) -> String {
    """
    apiVersion: v1
    kind: Config
    current-context: \(current)
    preferences: {}
    clusters:
    - name: c
      cluster: {server: "\(server)"\(cluster)}
    contexts:
    - name: main
      context: {cluster: c, user: u, namespace: work}
    users:
    - name: u
      user: {\(user)}
    """
  }

  private func failure(_ body: () throws -> ClientConfiguration) throws -> KubernetesError {
    let error = #expect(throws: KubernetesError.self) { _ = try body() }
    let found = try #require(error)
    #expect(found.code == .configuration)
    return found
  }

  @Test func givenFileIsUsedBeforeTheEnvironment() throws {
    let file = try directory.write(config(), to: "given")
    let other = try directory.write(config(server: "https://other:1"), to: "other")
    let loaded = try ClientConfiguration.load(kubeconfig: file, environment: ["KUBECONFIG": other])
    #expect(loaded.server == "https://a:6443" && loaded.defaultNamespace == "work")
    guard case .token("t1") = loaded.credential else {
      Issue.record("no token")
      return
    }
  }

  @Test func severalFilesMergeAndTheFirstWins() throws {
    let first = try directory.write(
      """
      contexts:
      - name: main
        context: {cluster: c, user: u, namespace: first}
      users:
      - name: u
        user: {token: first}
      """, to: "first")
    let second = try directory.write(config(), to: "second")
    let loaded = try ClientConfiguration.load(environment: [
      "KUBECONFIG": "\(first):\(directory.path)/missing:\(second)"
    ])
    #expect(loaded.server == "https://a:6443" && loaded.defaultNamespace == "first")
    guard case .token("first") = loaded.credential else {
      Issue.record("the later user won")
      return
    }
  }

  @Test func namedContextIsUsed() throws {
    let file = try directory.write(
      config() + "\n- name: v\n  user: {token: t2}\n" + """
        contexts: []
        """, to: "x")
    // A second `contexts` key is an error of YAML, and the message does not quote the file.
    let error = try failure { try ClientConfiguration.load(kubeconfig: file, environment: [:]) }
    #expect(!error.message.contains("t2"))
    let unknown = try failure {
      try ClientConfiguration.load(kubeconfig: directory.write(config(), to: "y"), context: "nope", environment: [:])
    }
    #expect(unknown.message.contains("'nope'") && unknown.message.contains("main"))
  }

  @Test(arguments: [
    ("exec: {command: aws}", "exec plugin"), ("auth-provider: {name: gcp}", "auth-provider"),
    ("username: a, password: b", "password"), ("token: t, as: admin", "impersonation"),
  ])
  func unsupportedAuthenticationNamesTheUser(user: String, what: String) throws {
    let file = try directory.write(config(user: user), to: "config")
    let error = try failure { try ClientConfiguration.load(kubeconfig: file, environment: [:]) }
    #expect(error.message.contains("'u'") && error.message.contains(what) && error.message.contains("not supported"))
  }

  @Test func filesAreRelativeToTheConfig() throws {
    try directory.write("CA", to: "ca.pem")
    try directory.write("CERT", to: "c.pem")
    let file = try directory.write(
      config(
        cluster: ", certificate-authority: ca.pem, tls-server-name: api.test",
        user: "client-certificate: c.pem, client-key-data: S0VZ, tokenFile: tok"), to: "config")
    let loaded = try ClientConfiguration.load(kubeconfig: file, environment: [:])
    #expect(loaded.certificateAuthority == Data("CA".utf8))
    #expect(loaded.clientCertificate?.certificateChain == Data("CERT".utf8))
    #expect(loaded.clientCertificate?.privateKey == Data("KEY".utf8))
    #expect(loaded.tlsServerName == "api.test")
    guard case .tokenFile(let path) = loaded.credential else {
      Issue.record("no token file")
      return
    }
    #expect(path == "\(directory.path)/tok")
  }

  @Test func brokenEntriesAreNamed() throws {
    let cases: [(String, String)] = [
      (config(user: "client-certificate-data: Q0VSVA=="), "only one of"),
      (config(cluster: ", certificate-authority: nope.pem"), "nope.pem"),
      (config(cluster: ", certificate-authority-data: '%%%'"), "not base64"),
      (config(cluster: ", proxy-url: 'http://p'"), "proxy-url"),
      (config(current: "gone"), "'gone'"),
      (config(current: "''"), "no current context"),
      ("clusters: 7", "clusters"),
    ]
    for (text, expected) in cases {
      let file = try directory.write(text, to: "config")
      let error = try failure { try ClientConfiguration.load(kubeconfig: file, environment: [:]) }
      #expect(error.message.contains(expected), "\(error.message)")
    }
  }

  @Test func missingFilesAreErrors() throws {
    #expect(throws: KubernetesError.self) {
      try ClientConfiguration.load(kubeconfig: "\(directory.path)/no", environment: [:])
    }
    #expect(throws: KubernetesError.self) {
      try ClientConfiguration.load(environment: ["KUBECONFIG": "\(directory.path)/no"])
    }
    #expect(throws: KubernetesError.self) { try ClientConfiguration.load(environment: [:]) }
  }

  @Test func podsFindTheirServer() throws {
    try directory.write("token-1\n", to: "token")
    try directory.write("CA", to: "ca.crt")
    try directory.write("work\n", to: "namespace")
    let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
    let loaded = try ClientConfiguration.load(environment: environment, serviceAccountDirectory: directory.path)
    #expect(loaded.server == "https://[fd00::1]:443" && loaded.defaultNamespace == "work")
    #expect(loaded.certificateAuthority == Data("CA".utf8))
  }

  @Test func podsWithoutATokenAreTold() throws {
    try directory.write("CA", to: "ca.crt")
    let environment = ["KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"]
    let error = try failure {
      try ClientConfiguration.inCluster(environment: environment, directory: directory.path)
    }
    #expect(error.message.contains("token"))
  }

  @Test func configurationsDoNotPrintSecrets() {
    let configuration = ClientConfiguration(
      server: "https://a", clientCertificate: .init(certificateChain: Data("x".utf8), privateKey: Data("sesame".utf8)),
      credential: .token("hunter2"))
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in ["\(configuration)", String(reflecting: configuration), dumped, "\(configuration.credential)"] {
      #expect(!text.contains("hunter2") && !text.contains("sesame"))
    }
  }
}
