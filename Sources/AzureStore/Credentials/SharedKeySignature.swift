import Foundation

/// The `Authorization` header of Shared Key, in its form since version 2015-02-21; pure.
/// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
struct SharedKeySignature: Sendable {
  var account: String
  var key: AzureAccountKey

  /// - Parameters:
  ///   - path: Encoded, as sent.
  ///   - query: Not encoded.
  ///   - headers: Names in lower case.
  ///   - contentLength: Of the body; 0 for none.
  func authorization(
    method: String, path: String, query: [(name: String, value: String)], headers: [(name: String, value: String)],
    contentLength: Int
  ) -> String {
    let text = stringToSign(
      method: method, path: path, query: query, headers: headers, contentLength: contentLength)
    return "SharedKey \(account):\(key.sign(text))"
  }

  func stringToSign(
    method: String, path: String, query: [(name: String, value: String)], headers: [(name: String, value: String)],
    contentLength: Int
  ) -> String {
    func value(_ name: String) -> String { headers.first { $0.name == name }?.value ?? "" }
    let standard = [
      method, value("content-encoding"), value("content-language"), contentLength == 0 ? "" : "\(contentLength)",
      value("content-md5"), value("content-type"), value("date"), value("if-modified-since"), value("if-match"),
      value("if-none-match"), value("if-unmodified-since"), value("range"),
    ]
    let microsoft = headers.filter { $0.name.hasPrefix("x-ms-") }.sorted { $0.name < $1.name }
      .map { "\($0.name):\($0.value.trimmingCharacters(in: .whitespaces))" }
    return (standard + microsoft + [resource(path: path, query: query)]).joined(separator: "\n")
  }

  private func resource(path: String, query: [(name: String, value: String)]) -> String {
    let items = Dictionary(grouping: query) { $0.name.lowercased() }.sorted { $0.key < $1.key }
      .map { name, items in "\n\(name):\(items.map(\.value).sorted().joined(separator: ","))" }
    return "/\(account)\(path)\(items.joined())"
  }
}
