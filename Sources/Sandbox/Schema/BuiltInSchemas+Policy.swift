// Field names, types, list keys and patch strategies, as the OpenAPI documents of Kubernetes publish them.
// BuiltInSchemas tells the notation.
extension BuiltInSchemas {
  /// Types of the groups that decide about access, traffic and admission.
  static let policy = """
    # io.k8s.api.rbac.v1
    AggregationRule: clusterRoleSelectors [LabelSelector] #1
    ClusterRole: aggregationRule AggregationRule #3?; apiVersion string; kind string; metadata ObjectMeta #1; rules
      [PolicyRule] #2
    ClusterRoleBinding: apiVersion string; kind string; metadata ObjectMeta #1; roleRef! RoleRef #3; subjects
      [Subject] #2
    PolicyRule: apiGroups [string] #2; nonResourceURLs [string] #5; resourceNames [string] #4; resources [string]
      #3; verbs! [string] #1
    Role: apiVersion string; kind string; metadata ObjectMeta #1; rules [PolicyRule] #2
    RoleBinding: apiVersion string; kind string; metadata ObjectMeta #1; roleRef! RoleRef #3; subjects [Subject] #2
    RoleRef(atomic): apiGroup! string #1; kind! string #2; name! string #3
    Subject(atomic): apiGroup string #2; kind! string #1; name! string #3; namespace string #4
    # io.k8s.api.policy.v1
    PodDisruptionBudget: apiVersion string; kind string; metadata ObjectMeta #1; spec PodDisruptionBudgetSpec #2;
      status PodDisruptionBudgetStatus #3
    PodDisruptionBudgetSpec: maxUnavailable intstr #3?; minAvailable intstr #1?; selector LabelSelector #2?
      patch=replace; unhealthyPodEvictionPolicy string #4?
    PodDisruptionBudgetStatus: conditions [Condition] #7 keys=type patch=merge:type; currentHealthy int32 #4;
      desiredHealthy int32 #5; disruptedPods {time} #2; disruptionsAllowed int32 #3; expectedPods int32 #6;
      observedGeneration int64 #1
    # io.k8s.api.networking.v1
    IPBlock: cidr! string #1; except [string] #2
    NetworkPolicy: apiVersion string; kind string; metadata ObjectMeta #1; spec NetworkPolicySpec #2
    NetworkPolicyEgressRule: ports [NetworkPolicyPort] #1; to [NetworkPolicyPeer] #2
    NetworkPolicyIngressRule: from [NetworkPolicyPeer] #2; ports [NetworkPolicyPort] #1
    NetworkPolicyPeer: ipBlock IPBlock #3?; namespaceSelector LabelSelector #2?; podSelector LabelSelector #1?
    NetworkPolicyPort: endPort int32 #3?; port intstr #2?; protocol string #1?
    NetworkPolicySpec: egress [NetworkPolicyEgressRule] #3; ingress [NetworkPolicyIngressRule] #2; podSelector
      LabelSelector #1; policyTypes [string] #4
    # io.k8s.api.admissionregistration.v1
    AuditAnnotation: key! string #1; valueExpression! string #2
    ExpressionWarning: fieldRef! string #2; warning! string #3
    MatchCondition: expression! string #2; name! string #1
    MatchResources(atomic): excludeResourceRules [NamedRuleWithOperations] #4; matchPolicy string #7?;
      namespaceSelector LabelSelector #1?; objectSelector LabelSelector #2?; resourceRules [NamedRuleWithOperations]
      #3
    NamedRuleWithOperations(atomic): apiGroups [string] #2.2.1; apiVersions [string] #2.2.2; operations [string]
      #2.1; resourceNames [string] #1; resources [string] #2.2.3; scope string #2.2.4?
    ParamKind(atomic): apiVersion string #1; kind string #2
    ParamRef(atomic): name string #1; namespace string #2; parameterNotFoundAction string #4?; selector
      LabelSelector #3?
    TypeChecking: expressionWarnings [ExpressionWarning] #1
    ValidatingAdmissionPolicy: apiVersion string; kind string; metadata ObjectMeta #1; spec
      ValidatingAdmissionPolicySpec #2; status ValidatingAdmissionPolicyStatus #3
    ValidatingAdmissionPolicyBinding: apiVersion string; kind string; metadata ObjectMeta #1; spec
      ValidatingAdmissionPolicyBindingSpec #2
    ValidatingAdmissionPolicyBindingSpec: matchResources MatchResources #3?; paramRef ParamRef #2?; policyName
      string #1; validationActions [string] #4 set
    ValidatingAdmissionPolicySpec: auditAnnotations [AuditAnnotation] #5; failurePolicy string #4?; matchConditions
      [MatchCondition] #6 keys=name patch=merge:name; matchConstraints MatchResources #2?; paramKind ParamKind #1?;
      validations [Validation] #3; variables [Variable] #7 keys=name patch=merge:name
    ValidatingAdmissionPolicyStatus: conditions [Condition] #3 keys=type; observedGeneration int64 #1; typeChecking
      TypeChecking #2?
    Validation: expression! string #1; message string #2; messageExpression string #4; reason string #3?
    Variable(atomic): expression! string #2; name! string #1
    """
}
