internal import NIOCore
internal import Tar

/// Any tar archive: that of a files source too.
struct TarArtifactCheck: ArtifactCheck {
  private var reader = TarReader()
  private var (members, files, folders, links): (Int, Int, Int, Int) = (0, 0, 0, 0)
  private var (content, realSize): (Int64, Int64) = (0, 0)
  private var hazards = 0
  private var sparseMap: TarSparseMapReader?

  mutating func consume(_ bytes: ByteBuffer, _ report: inout InspectionReport) -> Bool {
    do {
      for event in try reader.consume(bytes) { try take(event) }
      return true
    } catch {
      fail(error, &report)
      return false
    }
  }

  mutating func finish(_ report: inout InspectionReport) {
    report.facts["members"] = "\(members)"
    report.facts["files"] = "\(files)"
    report.facts["folders"] = "\(folders)"
    report.facts["links"] = "\(links)"
    report.facts["contentSize"] = "\(content)"
    report.facts["realSize"] = "\(realSize)"
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

  private mutating func take(_ event: TarEvent) throws {
    switch event {
    case .entry(let entry): count(entry)
    case .content(var bytes): try sparseMap?.consume(&bytes)
    case .entryEnd:
      try sparseMap?.finish()
      sparseMap = nil
    case .archiveEnd: break
    }
  }

  private mutating func count(_ entry: TarEntry) {
    members += 1
    switch entry.kind {
    case .file: files += 1
    case .directory: folders += 1
    case .hardLink, .symbolicLink: links += 1
    default: break
    }
    content += entry.size
    realSize = realSize.addingReportingOverflow(entry.realSize).partialValue
    if entry.hazard != nil { hazards += 1 }
    if entry.sparse?.format == .pax10 { sparseMap = TarSparseMapReader(entry) }
  }

  private func fail(_ error: any Error, _ report: inout InspectionReport) {
    let error = error as? TarError
    report.fail(
      .init(
        code: error.map { "\($0.code)" } ?? "corrupt", message: error?.description ?? "the archive is damaged",
        member: error?.member))
  }
}
