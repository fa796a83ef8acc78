internal import NIOCore
internal import Tar

/// Any tar archive.
struct TarArtifactCheck: ArtifactCheck {
  private var reader = TarReader()
  private var (members, files): (Int, Int) = (0, 0)
  private var content: Int64 = 0
  private var hazards = 0

  mutating func consume(_ bytes: ByteBuffer, _ report: inout InspectionReport) -> Bool {
    do {
      for event in try reader.consume(bytes) { take(event, &report) }
      return true
    } catch {
      fail(error, &report)
      return false
    }
  }

  mutating func finish(_ report: inout InspectionReport) {
    report.facts["members"] = "\(members)"
    report.facts["files"] = "\(files)"
    report.facts["contentSize"] = "\(content)"
    guard report.problems.isEmpty else { return }
    do {
      try reader.finish()
      report.sound = true
    } catch {
      fail(error, &report)
    }
    if hazards > 0 {
      report.warnings.append("\(hazards) members have names that would lead out of the folder they are extracted into")
    }
  }

  private mutating func take(_ event: TarEvent, _ report: inout InspectionReport) {
    guard case .entry(let entry) = event else { return }
    members += 1
    if entry.kind == .file { files += 1 }
    content += entry.size
    if entry.hazard != nil { hazards += 1 }
  }

  private func fail(_ error: any Error, _ report: inout InspectionReport) {
    let error = error as? TarError
    report.fail(
      .init(
        code: error.map { "\($0.code)" } ?? "corrupt", message: error?.description ?? "the archive is damaged",
        member: error?.member))
  }
}
