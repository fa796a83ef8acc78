// The first sentences of the descriptions in the OpenAPI documents of Kubernetes 1.36 (Apache License 2.0), shortened.
// Descriptions tells the notation.
extension Descriptions {
  /// Types of the groups from networking on, of CustomResourceDefinitions and of object metadata.
  static let networkingToMeta = """
    # io.k8s.api.networking.v1
    IPBlock: IPBlock describes a particular CIDR (Ex; cidr: cidr is a string representing the IPBlock Valid
      examples are '192.168.1.0/24' or '2001:db8::/64'; except: except is a slice of CIDRs that should not be
      included within an IPBlock Valid examples are '192.168.1.0/24' ...
    NetworkPolicy: NetworkPolicy describes what network traffic is allowed for a set of Pods; spec: spec
      represents the specification of the desired behavior for this NetworkPolicy
    NetworkPolicyEgressRule: NetworkPolicyEgressRule describes a particular set of traffic that is allowed out of
      pods matched by a ...; ports: ports is a list of destination ports for outgoing traffic; to: to is a list of
      destinations for outgoing traffic of pods selected for this rule
    NetworkPolicyIngressRule: NetworkPolicyIngressRule describes a particular set of traffic that is allowed to
      the pods matched by a ...; from: from is a list of sources which should be able to access the pods selected
      for this rule; ports: ports is a list of ports which should be made accessible on the pods selected for this
      rule
    NetworkPolicyPeer: NetworkPolicyPeer describes a peer to allow traffic to/from; ipBlock: ipBlock defines
      policy on a particular IPBlock; namespaceSelector: namespaceSelector selects namespaces using cluster-scoped
      labels; podSelector: podSelector is a label selector which selects pods
    NetworkPolicyPort: NetworkPolicyPort describes a port to allow traffic on; endPort: endPort indicates that the
      range of ports from port to endPort if set, inclusive, should be allowed by the ...; port: port represents
      the port on the given protocol; protocol: protocol represents the protocol (TCP, UDP, or SCTP) which traffic
      must match
    NetworkPolicySpec: NetworkPolicySpec provides the specification of a NetworkPolicy; egress: egress is a list
      of egress rules to be applied to the selected pods; ingress: ingress is a list of ingress rules to be
      applied to the selected pods; podSelector: podSelector selects the pods to which this NetworkPolicy object
      applies; policyTypes: policyTypes is a list of rule types that the NetworkPolicy relates to
    # io.k8s.api.policy.v1
    PodDisruptionBudget: PodDisruptionBudget is an object to define the max disruption that can be caused to a
      collection of pods; spec: Specification of the desired behavior of the PodDisruptionBudget; status: Most
      recently observed status of the PodDisruptionBudget
    PodDisruptionBudgetSpec: PodDisruptionBudgetSpec is a description of a PodDisruptionBudget; maxUnavailable: An
      eviction is allowed if at most 'maxUnavailable' pods selected by 'selector' are unavailable after the ...;
      minAvailable: An eviction is allowed if at least 'minAvailable' pods selected by 'selector' will still be
      available after ...; selector: Label query over pods whose evictions are managed by the disruption budget;
      unhealthyPodEvictionPolicy: UnhealthyPodEvictionPolicy defines the criteria for when unhealthy pods should
      be considered for eviction
    PodDisruptionBudgetStatus: PodDisruptionBudgetStatus represents information about the status of a
      PodDisruptionBudget; conditions: Conditions contain conditions for PDB; currentHealthy: current number of
      healthy pods; desiredHealthy: minimum desired number of healthy pods; disruptedPods: DisruptedPods contains
      information about pods whose eviction was processed by the API server eviction ...; disruptionsAllowed:
      Number of pod disruptions that are currently allowed; expectedPods: total number of pods counted by this
      disruption budget; observedGeneration: Most recent generation observed when updating this PDB status
    # io.k8s.api.rbac.v1
    AggregationRule: AggregationRule describes how to locate ClusterRoles to aggregate into the ClusterRole;
      clusterRoleSelectors: ClusterRoleSelectors holds a list of selectors which will be used to find ClusterRoles
      and create the rules
    ClusterRole: ClusterRole is a cluster level, logical grouping of PolicyRules that can be referenced as a unit
      by a ...; aggregationRule: AggregationRule is an optional field that describes how to build the Rules for
      this ClusterRole; rules: Rules holds all the PolicyRules for this ClusterRole
    ClusterRoleBinding: ClusterRoleBinding references a ClusterRole, but not contain it; roleRef: RoleRef can only
      reference a ClusterRole in the global namespace; subjects: Subjects holds references to the objects the role
      applies to
    PolicyRule: PolicyRule holds information that describes a policy rule, but does not contain information about
      who the ...; apiGroups: APIGroups is the name of the APIGroup that contains the resources; nonResourceURLs:
      NonResourceURLs is a set of partial urls that a user should have access to; resourceNames: ResourceNames is
      an optional white list of names that the rule applies to; resources: Resources is a list of resources this
      rule applies to; verbs: Verbs is a list of Verbs that apply to ALL the ResourceKinds contained in this rule
    Role: Role is a namespaced, logical grouping of PolicyRules that can be referenced as a unit by a RoleBinding;
      rules: Rules holds all the PolicyRules for this Role
    RoleBinding: RoleBinding references a role, but does not contain it; roleRef: RoleRef can reference a Role in
      the current namespace or a ClusterRole in the global namespace; subjects: Subjects holds references to the
      objects the role applies to
    RoleRef: RoleRef contains information that points to the role being used; apiGroup: APIGroup is the group for
      the resource being referenced; name: Name is the name of resource being referenced
    Subject: Subject contains a reference to the object or user identities a role binding applies to; apiGroup:
      APIGroup holds the API group of the referenced subject; name: Name of the object being referenced;
      namespace: Namespace of the referenced object
    # io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1
    CustomResourceColumnDefinition: CustomResourceColumnDefinition specifies a column for server side printing;
      description: description is a human readable description of this column; format: format is an optional
      OpenAPI type definition for this column; jsonPath: jsonPath is a simple JSON path (that is with array
      notation) which is evaluated against each custom resource ...; name: name is a human readable name for the
      column; priority: priority is an integer defining the relative importance of this column compared to others;
      type: type is an OpenAPI type definition for this column
    CustomResourceConversion: CustomResourceConversion describes how to convert different versions of a CR;
      strategy: strategy specifies how custom resources are converted between versions; webhook: webhook describes
      how to call the conversion webhook
    CustomResourceDefinition: CustomResourceDefinition represents a resource that should be exposed on the API
      server; spec: spec describes how the user wants the resources to appear; status: status indicates the actual
      state of the CustomResourceDefinition
    CustomResourceDefinitionCondition: CustomResourceDefinitionCondition contains details for the current
      condition of this pod; lastTransitionTime: lastTransitionTime last time the condition transitioned from one
      status to another; message: message is a human-readable message indicating details about last transition;
      observedGeneration: observedGeneration represents the .metadata.generation that the condition was set based
      upon; reason: reason is a unique, one-word, CamelCase reason for the condition's last transition; status:
      status is the status of the condition; type: type is the type of the condition
    CustomResourceDefinitionNames: CustomResourceDefinitionNames indicates the names to serve this
      CustomResourceDefinition; categories: categories is a list of grouped resources this custom resource belongs
      to (for example 'all'); listKind: listKind is the serialized kind of the list for this resource; plural:
      plural is the plural name of the resource to serve; shortNames: shortNames are short names for the resource,
      exposed in API discovery documents, and used by clients to ...; singular: singular is the singular name of
      the resource
    CustomResourceDefinitionSpec: CustomResourceDefinitionSpec describes how a user wants their resource to
      appear; conversion: conversion defines conversion settings for the CRD; group: group is the API group of the
      defined custom resource; names: names specify the resource and kind names for the custom resource;
      preserveUnknownFields: preserveUnknownFields indicates that object fields which are not specified in the
      OpenAPI schema should be ...; scope: scope indicates whether the defined custom resource is cluster- or
      namespace-scoped; versions: versions is the list of all API versions of the defined custom resource
    CustomResourceDefinitionStatus: CustomResourceDefinitionStatus indicates the state of the
      CustomResourceDefinition; acceptedNames: acceptedNames are the names that are actually being used to serve
      discovery; conditions: conditions indicate state for particular aspects of a CustomResourceDefinition;
      observedGeneration: The generation observed by the CRD controller; storedVersions: storedVersions lists all
      versions of CustomResources that were ever persisted
    CustomResourceDefinitionVersion: CustomResourceDefinitionVersion describes a version for CRD;
      additionalPrinterColumns: additionalPrinterColumns specifies additional columns returned in Table output;
      deprecated: deprecated indicates this version of the custom resource API is deprecated; deprecationWarning:
      deprecationWarning overrides the default warning returned to API clients; name: name is the version name,
      for example “v1”, “v2beta1”, etc; schema: schema describes the schema used for validation, pruning, and
      defaulting of this version of the custom ...; selectableFields: selectableFields specifies paths to fields
      that may be used as field selectors; served: served is a flag enabling/disabling this version from being
      served via REST APIs; storage: storage indicates this version should be used when persisting custom
      resources to storage; subresources: subresources specify what subresources this version of the defined
      custom resource have
    CustomResourceSubresourceScale: CustomResourceSubresourceScale defines how to serve the scale subresource for
      CustomResources; labelSelectorPath: labelSelectorPath defines the JSON path inside of a custom resource that
      corresponds to Scale ...; specReplicasPath: specReplicasPath defines the JSON path inside of a custom
      resource that corresponds to Scale `spec.replicas`; statusReplicasPath: statusReplicasPath defines the JSON
      path inside of a custom resource that corresponds to Scale ...
    CustomResourceSubresources: CustomResourceSubresources defines the status and scale subresources for
      CustomResources; scale: scale indicates the custom resource should serve a `/scale` subresource that returns
      an `autoscaling/v1` ...; status: status indicates the custom resource should serve a `/status` subresource
    CustomResourceValidation: CustomResourceValidation is a list of validation methods for CustomResources;
      openAPIV3Schema: openAPIV3Schema is the OpenAPI v3 schema to use for validation and pruning
    SelectableField: SelectableField specifies the JSON path of a field that may be used with field selectors;
      jsonPath: jsonPath is a simple JSON path which is evaluated against each custom resource to produce a field
      selector ...
    # io.k8s.apimachinery.pkg.apis.meta.v1
    Condition: Condition contains details for one aspect of the current state of this API Resource;
      lastTransitionTime: lastTransitionTime is the last time the condition transitioned from one status to
      another; message: message is a human readable message indicating details about the transition;
      observedGeneration: observedGeneration represents the .metadata.generation that the condition was set based
      upon; reason: reason contains a programmatic identifier indicating the reason for the condition's last
      transition; status: status of the condition, one of True, False, Unknown; type: type of condition in
      CamelCase or in foo.example.com/CamelCase
    LabelSelector: A label selector is a label query over a set of resources; matchExpressions: matchExpressions
      is a list of label selector requirements; matchLabels: matchLabels is a map of {key,value} pairs
    LabelSelectorRequirement: A label selector requirement is a selector that contains values, a key, and an
      operator that relates the key ...; key: key is the label key that the selector applies to; operator:
      operator represents a key's relationship to a set of values; values: values is an array of string values
    ManagedFieldsEntry: ManagedFieldsEntry is a workflow-id, a FieldSet and the group version of the resource that
      the fieldset ...; fieldsType: FieldsType is the discriminator for the different fields format and version;
      fieldsV1: FieldsV1 holds the first JSON version format as described in the 'FieldsV1' type; manager: Manager
      is an identifier of the workflow managing these fields; operation: Operation is the type of operation which
      lead to this ManagedFieldsEntry being created; subresource: Subresource is the name of the subresource used
      to update that object, or empty string if the object was ...; time: Time is the timestamp of when the
      ManagedFields entry was added
    ObjectMeta: ObjectMeta is metadata that all persisted resources must have, which includes all objects users
      must create; annotations: Annotations is an unstructured key value map stored with a resource that may be
      set by external tools to ...; creationTimestamp: CreationTimestamp is a timestamp representing the server
      time when this object was created; deletionGracePeriodSeconds: Number of seconds allowed for this object to
      gracefully terminate before it will be removed from the system; deletionTimestamp: DeletionTimestamp is RFC
      3339 date and time at which this resource will be deleted; finalizers: Must be empty before the object is
      deleted from the registry; generateName: GenerateName is an optional prefix, used by the server, to generate
      a unique name ONLY IF the Name field has ...; generation: A sequence number representing a specific
      generation of the desired state; labels: Map of string keys and values that can be used to organize and
      categorize (scope and select) objects; managedFields: ManagedFields maps workflow-id and version to the set
      of fields that are managed by that workflow; name: Name must be unique within a namespace; namespace:
      Namespace defines the space within which each name must be unique; ownerReferences: List of objects depended
      by this object; resourceVersion: An opaque value that represents the internal version of this object that
      can be used by clients to determine ...; selfLink: Deprecated: selfLink is a legacy read-only field that is
      no longer populated by the system; uid: UID is the unique in time and space value for this object
    OwnerReference: OwnerReference contains enough information to let you identify an owning object;
      blockOwnerDeletion: If true, AND if the owner has the 'foregroundDeletion' finalizer, then the owner cannot
      be deleted from the ...; controller: If true, this reference points to the managing controller; name: Name
      of the referent; uid: UID of the referent
    """
}
