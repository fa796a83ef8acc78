import Testing

@testable import HoldfastAPI

struct TargetIdentityTests {
  @Test func eachTargetHasOneIdentity() {
    let secret = SecretReference(name: "keys")
    let role = "arn:aws:iam::123456789012:role/backup"
    let pool = "projects/1/locations/global/workloadIdentityPools/p/providers/q"
    #expect(Target(bucket: "b", credentialsSecretRef: secret).identity == .secret("keys"))
    #expect(Target(bucket: "b").identity == .ambient)
    #expect(Target(bucket: "b", roleArn: role).identity == .token(audience: "sts.amazonaws.com"))
    #expect(Target(provider: .gcs, bucket: "b").identity == .ambient)
    #expect(
      Target(provider: .gcs, bucket: "b", gcs: .init(workloadIdentityProvider: pool)).identity
        == .token(audience: "https://iam.googleapis.com/\(pool)"))
    #expect(Target(provider: .azure, bucket: "b", azure: .init(clientID: "c")).identity == .ambient)
    #expect(
      Target(provider: .azure, bucket: "b", azure: .init(clientID: "c", tenantID: "t")).identity
        == .token(audience: "api://AzureADTokenExchange"))
    #expect(Target(provider: .filesystem).identity == .none)
  }

  @Test func aContainerGoesBeforeTheBucket() {
    #expect(Target(provider: .azure, bucket: "b", azure: .init(container: "c")).bucketName == "c")
    #expect(Target(provider: .azure, bucket: "b").bucketName == "b")
    #expect(Target(bucket: "b").bucketName == "b")
  }
}
