extension Descriptions {
  /// Types of requests that are answered and not stored.
  static let reviews = """
    # io.k8s.api.authorization.v1
    FieldSelectorAttributes: Selects by fields or labels what a request is for
    NonResourceAttributes: A request for a path that is no resource; path: The path; verb: The HTTP method
    NonResourceRule: Verbs that are allowed on paths
    ResourceAttributes: A request for a resource; group: The API group; name: The object, empty for all; namespace: The
      namespace, empty for all; resource: The plural name; subresource: Such as status; verb: Such as get or list
    ResourceRule: Verbs that are allowed on resources
    SelfSubjectAccessReview: Asks whether the caller may do something; spec: What the caller wants to do; status: The answer
    SelfSubjectAccessReviewSpec: What the caller wants to do
    SelfSubjectRulesReview: Asks what the caller may do in a namespace; spec: Where; status: The answer
    SelfSubjectRulesReviewSpec: Where; namespace: The namespace
    SubjectAccessReviewStatus: Whether the request is allowed; allowed: Whether it is; reason: Why
    SubjectRulesReviewStatus: What is allowed
    # io.k8s.api.authentication.v1
    BoundObjectReference: The object that a token is bound to
    SelfSubjectReview: Asks who the caller is; status: The answer
    SelfSubjectReviewStatus: Who the caller is
    TokenRequest: Asks for a token of a service account; spec: For whom and how long; status: The token
    TokenRequestSpec: For whom and how long; audiences: Who accepts the token; expirationSeconds: How long it is valid
    TokenRequestStatus: The token; expirationTimestamp: When it ends; token: The bearer token
    TokenReview: Asks whether a token is valid; spec: The token; status: The answer
    TokenReviewSpec: The token; audiences: Who should accept it; token: The bearer token
    TokenReviewStatus: Whether the token is valid, and whose it is
    UserInfo: Who somebody is; groups: The groups; uid: The id; username: The name
    # io.k8s.api.policy.v1
    Eviction: Asks a pod to leave its node; deleteOptions: How to delete the pod
    # io.k8s.apimachinery.pkg.apis.meta.v1
    DeleteOptions: How to delete an object; gracePeriodSeconds: How long a pod has to end; preconditions: What must hold;
      propagationPolicy: What becomes of dependents
    Preconditions: What must hold before a deletion; resourceVersion: The version; uid: The id
    """
}
