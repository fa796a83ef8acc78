// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of Leases, of `events.k8s.io`, of CustomResourceDefinitions and of the reviews.
  static let coordination = """
    # io.k8s.api.coordination.v1
    Lease: apiVersion string; kind string; metadata ObjectMeta #1; spec LeaseSpec #2
    LeaseSpec: acquireTime microtime #3?; holderIdentity string #1?; leaseDurationSeconds int32 #2?;
      leaseTransitions int32 #5?; preferredHolder string #7?; renewTime microtime #4?; strategy string #6?
    # io.k8s.api.events.v1
    events.Event: action string #6; apiVersion string; deprecatedCount int32 #15; deprecatedFirstTimestamp time #13;
      deprecatedLastTimestamp time #14; deprecatedSource EventSource #12; eventTime microtime #2; kind string;
      metadata ObjectMeta #1; note string #10; reason string #7; regarding ObjectReference #8; related
      ObjectReference #9?; reportingController string #4; reportingInstance string #5; series events.EventSeries
      #3?; type string #11
    events.EventSeries: count! int32 #1; lastObservedTime! microtime #2
    # io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1
    CustomResourceColumnDefinition: description string; format string; jsonPath! string; name! string; priority
      int32; type! string
    CustomResourceConversion: strategy! string; webhook any
    CustomResourceDefinition: apiVersion string; kind string; metadata ObjectMeta; spec!
      CustomResourceDefinitionSpec; status CustomResourceDefinitionStatus
    CustomResourceDefinitionCondition: lastTransitionTime time; message string; observedGeneration int64; reason
      string; status! string; type! string
    CustomResourceDefinitionNames: categories [string]; kind! string; listKind string; plural! string; shortNames
      [string]; singular string
    CustomResourceDefinitionSpec: conversion CustomResourceConversion; group! string; names!
      CustomResourceDefinitionNames; preserveUnknownFields bool; scope! string; versions!
      [CustomResourceDefinitionVersion]
    CustomResourceDefinitionStatus: acceptedNames CustomResourceDefinitionNames; conditions
      [CustomResourceDefinitionCondition] keys=type; observedGeneration int64; storedVersions [string]
    CustomResourceDefinitionVersion: additionalPrinterColumns [CustomResourceColumnDefinition]; deprecated bool;
      deprecationWarning string; name! string; schema CustomResourceValidation; selectableFields [SelectableField];
      served! bool; storage! bool; subresources CustomResourceSubresources
    CustomResourceSubresourceScale: labelSelectorPath string; specReplicasPath! string; statusReplicasPath! string
    CustomResourceSubresources: scale CustomResourceSubresourceScale; status any
    CustomResourceValidation: openAPIV3Schema any
    SelectableField: jsonPath! string
    # io.k8s.api.autoscaling.v1
    Scale: apiVersion string; kind string; metadata ObjectMeta #1; spec ScaleSpec #2; status ScaleStatus #3
    ScaleSpec: replicas int32 #1
    ScaleStatus: replicas int32 #1; selector string #2
    # io.k8s.api.authorization.v1
    FieldSelectorAttributes: rawSelector string #1; requirements [any] #2
    NonResourceAttributes: path string #1; verb string #2
    ResourceAttributes: fieldSelector FieldSelectorAttributes #8?; group string #3; labelSelector
      FieldSelectorAttributes #9?; name string #7; namespace string #1; resource string #5; subresource string #6;
      verb string #2; version string #4
    SelfSubjectAccessReview: apiVersion string; kind string; metadata ObjectMeta #1; spec!
      SelfSubjectAccessReviewSpec #2; status SubjectAccessReviewStatus #3
    SelfSubjectAccessReviewSpec: nonResourceAttributes NonResourceAttributes #2?; resourceAttributes
      ResourceAttributes #1?
    SelfSubjectRulesReview: apiVersion string; kind string; metadata ObjectMeta #1; spec! SelfSubjectRulesReviewSpec
      #2; status SubjectRulesReviewStatus #3
    SelfSubjectRulesReviewSpec: namespace string #1
    NonResourceRule: nonResourceURLs [string] #2; verbs! [string] #1
    ResourceRule: apiGroups [string] #2; resourceNames [string] #4; resources [string] #3; verbs! [string] #1
    SubjectAccessReviewStatus: allowed! bool #1; denied bool #4; evaluationError string #3; reason string #2
    SubjectRulesReviewStatus: evaluationError string #4; incomplete! bool #3; nonResourceRules! [NonResourceRule]
      #2; resourceRules! [ResourceRule] #1
    # io.k8s.api.authentication.v1
    BoundObjectReference: apiVersion string #2; kind string #1; name string #3; uid string #4
    SelfSubjectReview: apiVersion string; kind string; metadata ObjectMeta #1; status SelfSubjectReviewStatus #2
    TokenRequest: apiVersion string; kind string; metadata ObjectMeta #1; spec! TokenRequestSpec #2; status
      TokenRequestStatus #3
    TokenRequestSpec: audiences! [string] #1; boundObjectRef BoundObjectReference #3?; expirationSeconds int64 #4?
    TokenReview: apiVersion string; kind string; metadata ObjectMeta #1; spec! TokenReviewSpec #2; status
      TokenReviewStatus #3
    TokenReviewSpec: audiences [string] #2; token string #1
    SelfSubjectReviewStatus: userInfo UserInfo #1
    TokenRequestStatus: expirationTimestamp! time #2; token! string #1
    TokenReviewStatus: audiences [string] #4; authenticated bool #1; error string #3; user UserInfo #2
    UserInfo: extra {any} #4; groups [string] #3; uid string #2; username string #1
    # io.k8s.api.policy.v1
    Eviction: apiVersion string; deleteOptions DeleteOptions #2?; kind string; metadata ObjectMeta #1
    """
}
