internal import BackupFormat
internal import Foundation
internal import HoldfastAPI
internal import KubernetesModel
internal import PKIPreview
internal import ResourceSet
internal import StreamPipeline
internal import Tar

/// Reads a set of API objects: the archive, that each member is an object, its index, and of cert-manager's objects what
/// their certificates are worth by now.
struct ObjectSetVerification {
  /// Secrets with a certificate that are held at a time; more than any one issuer has, and a bound for memory.
  private static let certificateLimit = 1_000

  private let artifact: Manifest.Artifact
  private var reader = ResourceSetReader(parsesObjects: true)
  private var pki: PKIPreview
  private var secrets = 0
  private var certificates = 0

  init(artifact: Manifest.Artifact, now: Date) {
    self.artifact = artifact
    pki = PKIPreview(clusterResourceNamespace: artifact.facts["clusterResourceNamespace"], now: now)
  }

  /// - Throws: ``RunFailure`` where the set is damaged, what the stream throws.
  consuming func run(_ stream: TransformedStream) async throws -> ArtifactVerification.Content {
    for try await bytes in stream {
      for event in try corruptIfItFails({ try $0.reader.consume(bytes) }) {
        if case .object(_, let object?) = event { take(object) }
      }
      stream.recycle(bytes)
    }
    let (_, index) = try corruptIfItFails { try $0.reader.finish() }
    var content = ArtifactVerification.Content(isChecked: true, what: "\(index.objects) objects in a sound set")
    if let failures = index.failures, !failures.isEmpty {
      content.warnings.append("\(failures.count) were not captured; the first: \(failures[0])")
    }
    if secrets > Self.certificateLimit {
      content.warnings.append("only the first \(Self.certificateLimit) Secrets with a certificate were looked at")
    }
    let previews = await pki.previews()
    for preview in previews {
      switch preview.verdict {
      case .keeps: continue
      case .expired, .reissued, .chainDoesNotVerify: content.warnings.append(preview.description)
      }
    }
    if certificates > 0 {
      let good = previews.count - previews.count { $0.verdict.isDoubtful }
      content.what += ", \(good) of \(certificates) Certificates with key and chain in order"
    }
    return content
  }

  private mutating func take(_ object: JSONValue) {
    let apiVersion = object["apiVersion"]?.stringValue ?? ""
    if apiVersion.hasPrefix("cert-manager.io/") {
      switch object.kind {
      case "Certificate" where certificates < Self.certificateLimit:
        certificates += 1
        pki.add(certificate: object)
      case "Issuer", "ClusterIssuer": pki.add(issuer: object)
      default: break
      }
    } else if apiVersion == "v1", object.kind == "Secret", object[path: "data", "tls.crt"] != nil {
      secrets += 1
      if secrets <= Self.certificateLimit { pki.add(secret: object) }
    }
  }

  private mutating func corruptIfItFails<Value>(
    _ body: (inout ObjectSetVerification) throws -> Value
  ) throws -> Value {
    do {
      return try body(&self)
    } catch let error as ResourceSetError where error.code == .unsupportedFormat {
      throw error
    } catch {
      throw RunFailure(
        step: .verify, reason: .sourceCorrupt, message: "\(artifact.key): \(error)", cause: error)
    }
  }
}

extension CertificatePreview.Verdict {
  /// Worth a word to whoever counts on the backup.
  fileprivate var isDoubtful: Bool {
    if case .keeps = self { return false }
    return true
  }
}
