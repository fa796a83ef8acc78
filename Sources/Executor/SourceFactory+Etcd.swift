internal import EtcdSource
internal import Foundation
internal import HoldfastAPI
internal import SnapshotSource

extension SourceFactory {
  /// - Parameter field: Of the source in the plan, for example `spec.sources[0].etcd`.
  func etcdSource(_ spec: Source.Etcd, name: String, field: String) throws -> any SnapshotSource {
    var configuration = EtcdConfiguration(
      endpoints: spec.endpoints, api: spec.resolvedAPI == .gateway ? .gateway : .grpc,
      timeouts: .init(idle: spec.resolvedTimeout))
    if let tls = spec.tls {
      configuration.tls = EtcdConfiguration.TLS(
        caCertificates: try mounts.caBundle(tls.caBundle, field: "\(field).tls.caBundle"),
        serverName: tls.serverName, insecureSkipVerify: tls.insecureSkipVerify ?? false)
      if let reference = tls.clientCertificateSecretRef {
        let pair = try certificate(reference, field: "\(field).tls.clientCertificateSecretRef")
        configuration.tls.clientCertificate = pair.certificate
        configuration.tls.clientKey = pair.key
      }
    }
    if let reference = spec.authSecretRef {
      let field = "\(field).authSecretRef"
      configuration.user = EtcdConfiguration.User(
        name: try trimmed(reference.name, "username", field), password: try trimmed(reference.name, "password", field))
    }
    return EtcdSource(name: name, configuration: configuration)
  }

  /// A client's certificate and key, in PEM: `tls.crt` and `tls.key`, or `client.crt` and `client.key`.
  func certificate(_ reference: NameReference, field: String) throws -> (certificate: String, key: String) {
    if let certificate = try mounts.optionalSecret(reference.name, key: "client.crt", field: field) {
      return (certificate, try mounts.secret(reference.name, key: "client.key", field: field))
    }
    return (
      try mounts.secret(reference.name, key: "tls.crt", field: field),
      try mounts.secret(reference.name, key: "tls.key", field: field)
    )
  }

  /// One key of a Secret, without the line feed that files end in.
  func trimmed(_ name: String, _ key: String, _ field: String) throws -> String {
    try mounts.secret(name, key: key, field: field).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
