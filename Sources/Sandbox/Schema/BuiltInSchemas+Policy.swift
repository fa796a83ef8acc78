// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of the groups that decide about access, traffic and admission.
  static let policy = """
    # io.k8s.api.rbac.v1
    AggregationRule: clusterRoleSelectors [LabelSelector]
    ClusterRole: aggregationRule AggregationRule; apiVersion string; kind string; metadata ObjectMeta; rules
      [PolicyRule]
    ClusterRoleBinding: apiVersion string; kind string; metadata ObjectMeta; roleRef! RoleRef; subjects
      [Subject]
    PolicyRule: apiGroups [string]; nonResourceURLs [string]; resourceNames [string]; resources [string]; verbs!
      [string]
    Role: apiVersion string; kind string; metadata ObjectMeta; rules [PolicyRule]
    RoleBinding: apiVersion string; kind string; metadata ObjectMeta; roleRef! RoleRef; subjects [Subject]
    RoleRef(atomic): apiGroup! string; kind! string; name! string
    Subject(atomic): apiGroup string; kind! string; name! string; namespace string
    # io.k8s.api.policy.v1
    PodDisruptionBudget: apiVersion string; kind string; metadata ObjectMeta; spec PodDisruptionBudgetSpec;
      status PodDisruptionBudgetStatus
    PodDisruptionBudgetSpec: maxUnavailable intstr; minAvailable intstr; selector LabelSelector patch=replace;
      unhealthyPodEvictionPolicy string
    PodDisruptionBudgetStatus: conditions [Condition] keys=type patch=merge:type; currentHealthy int32;
      desiredHealthy int32; disruptedPods {time}; disruptionsAllowed int32; expectedPods int32;
      observedGeneration int64
    # io.k8s.api.networking.v1
    IPBlock: cidr! string; except [string]
    NetworkPolicy: apiVersion string; kind string; metadata ObjectMeta; spec NetworkPolicySpec
    NetworkPolicyEgressRule: ports [NetworkPolicyPort]; to [NetworkPolicyPeer]
    NetworkPolicyIngressRule: from [NetworkPolicyPeer]; ports [NetworkPolicyPort]
    NetworkPolicyPeer: ipBlock IPBlock; namespaceSelector LabelSelector; podSelector LabelSelector
    NetworkPolicyPort: endPort int32; port intstr; protocol string
    NetworkPolicySpec: egress [NetworkPolicyEgressRule]; ingress [NetworkPolicyIngressRule]; podSelector
      LabelSelector; policyTypes [string]
    # io.k8s.api.admissionregistration.v1
    AuditAnnotation: key! string; valueExpression! string
    ExpressionWarning: fieldRef! string; warning! string
    MatchCondition: expression! string; name! string
    MatchResources(atomic): excludeResourceRules [NamedRuleWithOperations]; matchPolicy string;
      namespaceSelector LabelSelector; objectSelector LabelSelector; resourceRules [NamedRuleWithOperations]
    NamedRuleWithOperations(atomic): apiGroups [string]; apiVersions [string]; operations [string];
      resourceNames [string]; resources [string]; scope string
    ParamKind(atomic): apiVersion string; kind string
    ParamRef(atomic): name string; namespace string; parameterNotFoundAction string; selector LabelSelector
    TypeChecking: expressionWarnings [ExpressionWarning]
    ValidatingAdmissionPolicy: apiVersion string; kind string; metadata ObjectMeta; spec
      ValidatingAdmissionPolicySpec; status ValidatingAdmissionPolicyStatus
    ValidatingAdmissionPolicyBinding: apiVersion string; kind string; metadata ObjectMeta; spec
      ValidatingAdmissionPolicyBindingSpec
    ValidatingAdmissionPolicyBindingSpec: matchResources MatchResources; paramRef ParamRef; policyName string;
      validationActions [string] set
    ValidatingAdmissionPolicySpec: auditAnnotations [AuditAnnotation]; failurePolicy string; matchConditions
      [MatchCondition] keys=name patch=merge:name; matchConstraints MatchResources; paramKind ParamKind;
      validations [Validation]; variables [Variable] keys=name patch=merge:name
    ValidatingAdmissionPolicyStatus: conditions [Condition] keys=type; observedGeneration int64; typeChecking
      TypeChecking
    Validation: expression! string; message string; messageExpression string; reason string
    Variable(atomic): expression! string; name! string
    """
}
