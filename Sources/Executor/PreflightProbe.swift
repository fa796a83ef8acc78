internal import BackupFormat
internal import Foundation
internal import KubernetesModel
internal import NIOCore

/// The object that a preflight writes and removes: `<pathPrefix>/<namespace>/<policy>/.preflight-<id>`.
///
/// It lies beside the folders of backups, under a name that no backup has, so that one that stays is no backup and no
/// part of one.
struct PreflightProbe: Sendable {
  private static let stem = ".preflight-"

  let key: String
  let body: ByteBuffer
  /// What must not replace ``body``.
  let otherBody: ByteBuffer

  init(id: BackupID, layout: BucketLayout) {
    key = layout.policyPrefix + Self.stem + id.rawValue
    body = ByteBuffer(string: "Written by a preflight of Holdfast at \(Timestamp(id.date)); may be deleted.\n")
    otherBody = ByteBuffer(string: "Written over a preflight of Holdfast.\n")
  }

  /// Where all probes of a policy are.
  static func prefix(in layout: BucketLayout) -> String { layout.policyPrefix + stem }

  static func isProbe(_ key: String, in layout: BucketLayout) -> Bool {
    key.hasPrefix(prefix(in: layout)) && !key.dropFirst(layout.policyPrefix.count).contains("/")
  }
}
