/// A list of objects, as the API server answers it.
public struct ObjectList<Item: Sendable>: Sendable {
  public var metadata: ListMeta
  public var items: [Item]

  public init(metadata: ListMeta = ListMeta(), items: [Item] = []) {
    self.metadata = metadata
    self.items = items
  }
}

extension ObjectList: Equatable where Item: Equatable {}
