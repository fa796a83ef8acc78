/// Something that happened to an object (core/v1; `events.k8s.io/v1` serves the same objects under other names).
public struct Event: KubernetesObject, Hashable {
  public static let resource = ResourceType(group: "", version: "v1", kind: "Event", plural: "events")

  public var apiVersion = "v1"
  public var kind = "Event"
  public var metadata: ObjectMeta
  public var involvedObject: ObjectReference
  public var reason: String?
  public var message: String?
  /// `Normal` or `Warning`.
  public var type: String?
  public var source: EventSource?
  public var firstTimestamp: Timestamp?
  public var lastTimestamp: Timestamp?
  public var count: Int32?
  public var eventTime: MicroTimestamp?
  public var series: EventSeries?
  public var action: String?
  public var related: ObjectReference?
  public var reportingComponent: String?
  public var reportingInstance: String?

  public init(
    metadata: ObjectMeta = ObjectMeta(), involvedObject: ObjectReference, reason: String? = nil, message: String? = nil,
    type: String? = nil, source: EventSource? = nil, firstTimestamp: Timestamp? = nil, lastTimestamp: Timestamp? = nil,
    count: Int32? = nil, eventTime: MicroTimestamp? = nil, series: EventSeries? = nil, action: String? = nil,
    related: ObjectReference? = nil, reportingComponent: String? = nil, reportingInstance: String? = nil
  ) {
    self.metadata = metadata
    self.involvedObject = involvedObject
    self.reason = reason
    self.message = message
    self.type = type
    self.source = source
    self.firstTimestamp = firstTimestamp
    self.lastTimestamp = lastTimestamp
    self.count = count
    self.eventTime = eventTime
    self.series = series
    self.action = action
    self.related = related
    self.reportingComponent = reportingComponent
    self.reportingInstance = reportingInstance
  }
}

public struct EventSource: Codable, Sendable, Hashable {
  public var component: String?
  public var host: String?

  public init(component: String? = nil, host: String? = nil) {
    self.component = component
    self.host = host
  }
}

public struct EventSeries: Codable, Sendable, Hashable {
  public var count: Int32?
  public var lastObservedTime: MicroTimestamp?

  public init(count: Int32? = nil, lastObservedTime: MicroTimestamp? = nil) {
    self.count = count
    self.lastObservedTime = lastObservedTime
  }
}
