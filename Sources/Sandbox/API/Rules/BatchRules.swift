import Foundation
import KubernetesModel

/// Jobs: defaults, the generated selector, what may not change
/// (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/).
struct JobRules: ResourceRules {
  var hasGeneration: Bool { true }

  func prepareForCreate(_ object: inout JSONValue) {
    object["status"] = [:]
    if object["spec"] == nil { object["spec"] = [:] }
    generateSelector(&object)
    // A Job without labels takes its template's.
    if object.labels.isEmpty, let labels = object["spec"]?["template"]?["metadata"]?["labels"] {
      object["metadata", default: [:]]["labels"] = labels
    }
  }

  private func generateSelector(_ object: inout JSONValue) {
    guard object["spec"]?["manualSelector"]?.boolValue != true else { return }
    let labels: [String: JSONValue] = [
      "batch.kubernetes.io/controller-uid": .string(object.objectUID), "controller-uid": .string(object.objectUID),
      "batch.kubernetes.io/job-name": .string(object.objectName), "job-name": .string(object.objectName),
    ]
    var selector = object["spec"]?["selector"] ?? [:]
    selector["matchLabels", default: [:]]["batch.kubernetes.io/controller-uid"] = .string(object.objectUID)
    object["spec", default: [:]]["selector"] = selector
    var template = object["spec"]?["template"] ?? [:]
    var metadata = template["metadata"] ?? [:]
    for (key, value) in labels { metadata["labels", default: [:]][key] = value }
    template["metadata"] = metadata
    object["spec", default: [:]]["template"] = template
  }

  func applyDefaults(_ object: inout JSONValue) { object.mapMember("spec", Self.applyDefaults) }

  static func applyDefaults(_ spec: inout JSONValue) {
    if spec["completions"] == nil, spec["parallelism"] == nil { spec["completions"] = 1 }
    spec.setDefault("parallelism", 1)
    spec.setDefault("backoffLimit", 6)
    spec.setDefault("completionMode", "NonIndexed")
    spec.setDefault("suspend", false)
    spec.setDefault("podReplacementPolicy", spec["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
    spec.setDefault("manualSelector", false)
    spec.mapMember("template") { template in
      template.mapMember("spec") { PodDefaults.apply(to: &$0, restartPolicy: nil) }
      template.setDefault("metadata", [:])
    }
  }

  func validate(_ object: JSONValue) -> [FieldError] {
    let (spec, path) = (object["spec"] ?? [:], FieldPath("spec"))
    let generated: JSONValue = ["matchLabels": ["batch.kubernetes.io/controller-uid": .string(object.objectUID)]]
    let isManual = spec["manualSelector"]?.boolValue == true
    var errors: [FieldError] = []
    if !isManual, spec["selector"] != generated {
      errors.append(.invalid(path.child("selector"), spec["selector"], "`selector` not auto-generated"))
    }
    errors += Self.validate(spec, path)
    let labels = spec["template"]?["metadata"]?["labels"]?.objectValue ?? [:]
    let selector = try? spec["selector"]?.decoded(as: LabelSelector.self)
    if (try? selector?.matches(labels.compactMapValues(\.stringValue))) != true {
      errors.append(
        .invalid(
          path.child("template.metadata.labels"), .object(labels), "`selector` does not match template `labels`"))
    }
    return errors
  }

  static func validate(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for member in [
      "parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished",
    ] {
      if let number = spec[member]?.integerValue, number < 0 {
        errors.append(.invalid(path.child(member), .integer(number), "must be greater than or equal to 0"))
      }
    }
    if let mode = spec["completionMode"]?.stringValue, !["NonIndexed", "Indexed"].contains(mode) {
      errors.append(.notSupported(path.child("completionMode"), .string(mode), ["Indexed", "NonIndexed"]))
    }
    let template = path.child("template")
    errors += MetadataRules.labels(spec["template"]?["metadata"]?["labels"], template.child("metadata.labels"))
    errors += PodValidation.validate(spec["template"]?["spec"], template.child("spec")).filter {
      $0.field != template.child("spec.restartPolicy").description
    }
    errors += restartPolicy(spec["template"]?["spec"] ?? [:], template.child("spec"))
    return errors
  }

  private static func restartPolicy(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
    let policy = spec["restartPolicy"]?.stringValue ?? ""
    if policy.isEmpty || policy == "Always" {
      return [.required(path.child("restartPolicy"), "valid values: \"OnFailure\", \"Never\"")]
    }
    return ["OnFailure", "Never"].contains(policy)
      ? [] : [.notSupported(path.child("restartPolicy"), .string(policy), ["OnFailure", "Never"])]
  }

  func validateUpdate(_ object: JSONValue, old: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    let (new, previous) = (object["spec"] ?? [:], old["spec"] ?? [:])
    for member in [
      "completions", "selector", "podFailurePolicy", "backoffLimitPerIndex", "completionMode", "managedBy",
      "successPolicy",
    ] where new[member] != previous[member] {
      errors.append(.invalid(FieldPath("spec").child(member), new[member], "field is immutable"))
    }
    return errors + templateChange(new, previous, hasStarted: old["status"]?["startTime"] != nil)
  }

  /// The template of a suspended Job that never started is open to changes of where its pods run.
  private func templateChange(_ new: JSONValue, _ previous: JSONValue, hasStarted: Bool) -> [FieldError] {
    var (template, old) = (new["template"] ?? [:], previous["template"] ?? [:])
    var path = FieldPath("spec.template")
    if previous["suspend"]?.boolValue == true, !hasStarted {
      template["metadata"] = nil
      old["metadata"] = nil
      for member in ["affinity", "nodeSelector", "tolerations", "schedulingGates"] {
        template["spec", default: [:]][member] = nil
        old["spec", default: [:]][member] = nil
      }
      path = path.child("spec")
    }
    return template == old ? [] : [.invalid(path, template, "field is immutable")]
  }
}

/// CronJobs: schedule, time zone, the Job within.
struct CronJobRules: ResourceRules {
  var hasGeneration: Bool { true }

  func prepareForCreate(_ object: inout JSONValue) { object["status"] = [:] }

  func applyDefaults(_ object: inout JSONValue) {
    object.mapMember("spec") { spec in
      spec.setDefault("concurrencyPolicy", "Allow")
      spec.setDefault("suspend", false)
      spec.setDefault("successfulJobsHistoryLimit", 3)
      spec.setDefault("failedJobsHistoryLimit", 1)
      spec.mapMember("jobTemplate") { template in
        template.setDefault("metadata", [:])
        template.mapMember("spec") { spec in
          // A CronJob's template takes the pod's defaults, and leaves the Job's to the Job.
          spec.mapMember("template") { template in
            template.setDefault("metadata", [:])
            template.mapMember("spec") { PodDefaults.apply(to: &$0, restartPolicy: nil) }
          }
        }
      }
    }
  }

  func validate(_ object: JSONValue) -> [FieldError] {
    var errors: [FieldError] = []
    let (spec, path) = (object["spec"] ?? [:], FieldPath("spec"))
    if object.objectName.utf8.count > 52 {
      errors.append(
        .invalid(FieldPath("metadata.name"), .string(object.objectName), "must be no more than 52 characters"))
    }
    errors += schedule(spec, path.child("schedule"))
    errors += timeZone(spec, path.child("timeZone"))
    for member in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
      if let number = spec[member]?.integerValue, number < 0 {
        errors.append(.invalid(path.child(member), .integer(number), "must be greater than or equal to 0"))
      }
    }
    let policies = ["Allow", "Forbid", "Replace"]
    if let policy = spec["concurrencyPolicy"]?.stringValue, !policies.contains(policy) {
      errors.append(.notSupported(path.child("concurrencyPolicy"), .string(policy), policies))
    }
    return errors + JobRules.validate(spec["jobTemplate"]?["spec"] ?? [:], path.child("jobTemplate.spec"))
  }

  private func schedule(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
    let schedule = spec["schedule"]?.stringValue ?? ""
    if schedule.isEmpty { return [.required(path)] }
    if schedule.contains("TZ") {
      return [
        .invalid(
          path, .string(schedule),
          "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
      ]
    }
    do throws(CronExpression.ParseError) {
      _ = try CronExpression(schedule)
      return []
    } catch {
      return [.invalid(path, .string(schedule), error.message)]
    }
  }

  private func timeZone(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
    guard let zone = spec["timeZone"]?.stringValue else { return [] }
    if zone.isEmpty { return [.invalid(path, "", "timeZone must be nil or non-empty string")] }
    if zone.lowercased() == "local" {
      return [
        .invalid(
          path, .string(zone), "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
      ]
    }
    return TimeZone.knownTimeZoneIdentifiers.contains(zone) || ["UTC", "Etc/UTC", "GMT", "Etc/GMT"].contains(zone)
      || (zone.contains("/") && TimeZone(identifier: zone) != nil)
      ? [] : [.invalid(path, .string(zone), "unknown time zone \(zone)")]
  }
}
