import KubernetesModel

/// The built-in resources, as discovery tells of them.
enum BuiltInResources {
  static let all: [ServedResource] = core + apps + batch + access + others + reviews

  static func resource(_ type: ResourceType) -> ServedResource {
    guard let resource = all.first(where: { $0.type == type }) else {
      preconditionFailure("\(type.qualifiedPlural) is not in the table of built-in resources")
    }
    return resource
  }

  private static func make(
    _ type: ResourceType, _ shortNames: [String] = [], schema: String? = nil, categories: [String] = [],
    subresources: Set<String> = [], rules: any ResourceRules = StoredOnlyRules()
  ) -> ServedResource {
    ServedResource(
      type, shortNames: shortNames, categories: categories, subresources: subresources,
      schema: BuiltInSchemas.shared[schema ?? type.kind], rules: rules)
  }

  private static let core = [
    make(.configMaps, ["cm"], rules: ConfigMapRules()),
    make(.endpoints, ["ep"]),
    make(.events, ["ev"], rules: EventRules()),
    make(.namespaces, ["ns"], subresources: ["status", "finalize"], rules: NamespaceRules()),
    make(.nodes, ["no"], subresources: ["status"]),
    make(.persistentVolumeClaims, ["pvc"], subresources: ["status"], rules: PersistentVolumeClaimRules()),
    make(
      .pods, ["po"], categories: ["all"], subresources: ["status", "log", "eviction"],
      rules: PodRules()),
    make(.secrets, rules: SecretRules()),
    make(.serviceAccounts, ["sa"], subresources: ["token"]),
    make(.services, ["svc"], categories: ["all"], subresources: ["status"], rules: ServiceRules()),
  ]

  private static let apps = [
    make(
      .deployments, ["deploy"], categories: ["all"], subresources: ["status", "scale"],
      rules: WorkloadRules(kind: .deployment)),
    make(
      .statefulSets, ["sts"], categories: ["all"], subresources: ["status", "scale"],
      rules: WorkloadRules(kind: .statefulSet)),
  ]

  private static let batch = [
    make(.cronJobs, ["cj"], categories: ["all"], subresources: ["status"], rules: CronJobRules()),
    make(.jobs, categories: ["all"], subresources: ["status"], rules: JobRules()),
  ]

  private static let access = [
    make(.clusterRoleBindings, rules: RoleBindingRules()),
    make(.clusterRoles, rules: RoleRules()),
    make(.roleBindings, rules: RoleBindingRules()),
    make(.roles, rules: RoleRules()),
  ]

  private static let others = [
    make(.leases, rules: LeaseRules()),
    make(.eventsV1, ["ev"], schema: "events.Event", rules: EventRules()),
    make(.podDisruptionBudgets, ["pdb"], subresources: ["status"], rules: StoredOnlyRules(hasGeneration: true)),
    make(.networkPolicies, ["netpol"], rules: StoredOnlyRules(hasGeneration: true)),
    make(.validatingAdmissionPolicies, subresources: ["status"], rules: StoredOnlyRules(hasGeneration: true)),
    make(.validatingAdmissionPolicyBindings, rules: StoredOnlyRules(hasGeneration: true)),
    make(
      .customResourceDefinitions, ["crd", "crds"], categories: ["api-extensions"], subresources: ["status"],
      rules: CustomResourceDefinitionRules()),
  ]

  private static let reviews = [
    ("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews"),
    ("authentication.k8s.io", "TokenReview", "tokenreviews"),
  ].map { group, kind, plural in
    var resource = ServedResource(
      ResourceType(group: group, version: "v1", kind: kind, plural: plural, isNamespaced: false),
      schema: BuiltInSchemas.shared[kind],
      rules: StoredOnlyRules())
    resource.verbs = ["create"]
    return resource
  }
}
