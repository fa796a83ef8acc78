package import KubernetesModel
internal import NIOCore

extension JSONValue {
  /// As YAML for people, which every parser reads back as the same value; ends with a line end.
  package var yaml: String { String(buffer: YAMLWriter.document(self)) }
}
