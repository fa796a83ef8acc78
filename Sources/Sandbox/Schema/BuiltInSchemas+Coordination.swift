// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of Leases, of `events.k8s.io`, of CustomResourceDefinitions and of the reviews.
  static let coordination = """
    # io.k8s.api.coordination.v1
    Lease: apiVersion string; kind string; metadata ObjectMeta; spec LeaseSpec
    LeaseSpec: acquireTime microtime; holderIdentity string; leaseDurationSeconds int32; leaseTransitions int32;
      preferredHolder string; renewTime microtime; strategy string
    # io.k8s.api.events.v1
    events.Event: action string; apiVersion string; deprecatedCount int32; deprecatedFirstTimestamp time;
      deprecatedLastTimestamp time; deprecatedSource EventSource; eventTime microtime; kind string; metadata
      ObjectMeta; note string; reason string; regarding ObjectReference; related ObjectReference;
      reportingController string; reportingInstance string; series events.EventSeries; type string
    events.EventSeries: count! int32; lastObservedTime! microtime
    # io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1
    CustomResourceColumnDefinition: description string; format string; jsonPath! string; name! string; priority
      int32; type! string
    CustomResourceConversion: strategy! string; webhook any
    CustomResourceDefinition: apiVersion string; kind string; metadata ObjectMeta; spec!
      CustomResourceDefinitionSpec; status CustomResourceDefinitionStatus
    CustomResourceDefinitionCondition: lastTransitionTime time; message string; observedGeneration int64; reason
      string; status! string; type! string
    CustomResourceDefinitionNames: categories [string]; kind! string; listKind string; plural! string;
      shortNames [string]; singular string
    CustomResourceDefinitionSpec: conversion CustomResourceConversion; group! string; names!
      CustomResourceDefinitionNames; preserveUnknownFields bool; scope! string; versions!
      [CustomResourceDefinitionVersion]
    CustomResourceDefinitionStatus: acceptedNames CustomResourceDefinitionNames; conditions
      [CustomResourceDefinitionCondition] keys=type; observedGeneration int64; storedVersions [string]
    CustomResourceDefinitionVersion: additionalPrinterColumns [CustomResourceColumnDefinition]; deprecated bool;
      deprecationWarning string; name! string; schema CustomResourceValidation; selectableFields
      [SelectableField]; served! bool; storage! bool; subresources CustomResourceSubresources
    CustomResourceSubresourceScale: labelSelectorPath string; specReplicasPath! string; statusReplicasPath!
      string
    CustomResourceSubresources: scale CustomResourceSubresourceScale; status any
    CustomResourceValidation: openAPIV3Schema any
    SelectableField: jsonPath! string
    # io.k8s.api.autoscaling.v1
    Scale: apiVersion string; kind string; metadata ObjectMeta; spec ScaleSpec; status ScaleStatus
    ScaleSpec: replicas int32
    ScaleStatus: replicas int32; selector string
    """
}
