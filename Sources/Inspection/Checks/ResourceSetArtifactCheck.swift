internal import KubernetesModel
internal import NIOCore
internal import ResourceSet
internal import Tar

/// API objects as a tar file of YAML: the archive, each object, and the index.
struct ResourceSetArtifactCheck: ArtifactCheck {
  private static let listedFailures = 20
  private var reader = ResourceSetReader(parsesObjects: true)

  mutating func consume(_ bytes: ByteBuffer, _ report: inout InspectionReport) -> Bool {
    do {
      _ = try reader.consume(bytes)
      return true
    } catch {
      fail(error, &report)
      return false
    }
  }

  mutating func finish(_ report: inout InspectionReport) {
    guard report.problems.isEmpty, report.reason == nil else { return }
    do {
      let (header, index) = try reader.finish()
      report.sound = true
      report.facts = Self.facts(header, index)
      let failures = index.failures ?? []
      report.warnings += failures.prefix(Self.listedFailures).map { "not captured: \($0)" }
      if failures.count > Self.listedFailures {
        report.warnings.append("and \(failures.count - Self.listedFailures) more that were not captured")
      }
    } catch {
      fail(error, &report)
    }
  }

  private func fail(_ error: any Error, _ report: inout InspectionReport) {
    switch error {
    case let error as ResourceSetError where error.code == .unsupportedFormat: report.giveUp(error.message)
    case let error as ResourceSetError:
      report.fail(.init(code: error.code.rawValue, message: error.message, member: error.member))
    case let error as TarError:
      report.fail(.init(code: "\(error.code)", message: error.description, member: error.member))
    default: report.fail(.init(code: "corrupt", message: "\(error)"))
    }
  }

  private static func facts(_ header: ResourceSetHeader, _ index: ResourceSetIndex) -> [String: String] {
    var facts = [
      "formatVersion": header.formatVersion, "capturedAt": "\(header.capturedAt)", "objects": "\(index.objects)",
      "notCaptured": "\(index.failures?.count ?? 0)",
    ]
    facts["kinds"] = index.kinds.map { kind in
      "\(kind.plural)\(kind.group.isEmpty ? "" : ".\(kind.group)") (\(kind.count))"
    }.joined(separator: ", ")
    facts["clusterID"] = header.clusterID
    facts["serverVersion"] = header.serverVersion
    return facts
  }
}
