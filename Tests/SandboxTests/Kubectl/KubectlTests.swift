import Foundation
import Testing

@testable import Sandbox

/// The sandbox as a person meets it: with the real kubectl.
@Suite(.enabled(if: RunningSandbox.hasKubectl, "kubectl is not in the PATH"))
struct KubectlTests {
  @Test func jobsRunFromCronJobsAndCanBeRead() async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        """
        set -e
        kubectl apply -f - <<'END'
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: hello, labels: {a: b}}
        spec:
          schedule: "0 3 * * *"
          jobTemplate:
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: c, image: shell, args: ["-c", "echo written by the pod"]}]
        END
        kubectl create job --from=cronjob/hello manual
        kubectl wait --for=condition=Complete job/manual --timeout=30s
        kubectl wait --for=jsonpath='{.status.succeeded}'=1 job/manual --timeout=5s
        kubectl logs job/manual
        kubectl describe job manual
        kubectl get cronjobs,jobs,pods -o wide
        kubectl delete cronjob hello
        kubectl wait --for=delete job/manual --timeout=10s
        """)
      for expected in [
        "job.batch/manual created", "condition met", "written by the pod", "SuccessfulCreate", "Complete   1/1",
        "cronjob.batch \"hello\" deleted",
      ] { #expect(text.contains(expected), "\(expected) is not in\n\(text)") }
    }
  }

  @Test func customResourcesLiveTheirWholeLife() async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        """
        set -e
        cat > crd.yaml <<'END'
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.dev}
        spec:
          group: example.dev
          scope: Namespaced
          names: {plural: widgets, kind: Widget, shortNames: [wd]}
          versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
            additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object
                    description: What is wanted.
                    required: [size]
                    properties:
                      size: {type: integer, minimum: 1, description: How large it is.}
                      replicas: {type: integer, default: 1}
                  status: {type: object, x-kubernetes-preserve-unknown-fields: true}
        END
        printf 'resources: [crd.yaml]\\n' > kustomization.yaml
        kubectl apply -k .
        kubectl wait --for=condition=Established crd/widgets.example.dev --timeout=5s
        kubectl explain widget.spec.size
        widget() { printf 'apiVersion: example.dev/v1\\nkind: Widget\\nmetadata: {name: w}\\nspec: {size: %s}\\n' "$1"; }
        widget 3 | kubectl apply --server-side -f -
        widget 4 | kubectl diff --server-side -f - || true
        widget 4 | kubectl apply --server-side -f -
        ! widget 0 | kubectl apply -f -
        ! widget '5, sice: 1' | kubectl apply -f -
        ! widget 6 | kubectl apply --server-side --field-manager=other -f -
        kubectl get wd
        kubectl patch wd w --type=merge -p '{"spec":{"size":7}}'
        kubectl patch wd w --type=json -p '[{"op":"replace","path":"/spec/size","value":8}]'
        kubectl patch wd w --subresource=status --type=merge -p '{"status":{"phase":"Ready"},"spec":{"size":99}}'
        kubectl scale wd w --replicas=5
        kubectl label wd w color=red
        kubectl annotate wd w note=x
        kubectl wait --for=jsonpath='{.status.phase}'=Ready wd/w --timeout=5s
        kubectl get wd -l 'color in (red,blue)' -o jsonpath='{range .items[*]}{.spec.size}/{.spec.replicas}/{.metadata.generation}{"\\n"}{end}'
        kubectl get wd w -o yaml --show-managed-fields
        kubectl delete wd w --wait
        kubectl delete crd widgets.example.dev
        """)
      for expected in [
        "How large it is.", "widget.example.dev/w serverside-applied", "+  size: 4",
        "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
        "unknown field \"spec.sice\"", "conflict with \"kubectl\": .spec.size", "NAME   SIZE\nw      4", "8/5/5",
        "manager: kubectl-patch", "subresource: status", "widget.example.dev \"w\" deleted",
      ] { #expect(text.contains(expected), "\(expected) is not in\n\(text)") }
    }
  }

  @Test func builtInObjectsObeyTheCommandsThatPeopleType() async throws {
    try await RunningSandbox.with { sandbox in
      let text = try await sandbox.shell(
        """
        set -e
        kubectl create namespace team
        kubectl config set-context --current --namespace=team
        kubectl create configmap c --from-literal=a=1
        kubectl create secret generic s --from-literal=password=hidden
        kubectl create serviceaccount runner
        kubectl create role reader --verb=get,list --resource=configmaps
        kubectl create rolebinding reader --role=reader --serviceaccount=team:runner
        TOKEN=$(kubectl create token runner)
        kubectl auth can-i list configmaps
        kubectl --kubeconfig=/dev/null --server="$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}')" \\
          --insecure-skip-tls-verify --token="$TOKEN" -n team get configmaps
        ! kubectl --kubeconfig=/dev/null --server="$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}')" \\
          --insecure-skip-tls-verify --token="$TOKEN" -n team get secrets
        kubectl create deployment d --image=shell --dry-run=server -o name
        kubectl create deployment d --image=shell
        kubectl scale deployment d --replicas=3
        kubectl set image deployment/d shell=shell:2
        kubectl get deployment d -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[*].image}{"\\n"}'
        kubectl run p --image=shell --restart=Never -- -c 'echo started; while :; do sleep 0.1; done'
        kubectl wait --for=condition=Ready pod/p --timeout=20s
        kubectl get pods -w > watched & WATCH=$!
        kubectl logs p
        kubectl delete pod p --grace-period=1
        kubectl get events --field-selector involvedObject.name=p
        kill $WATCH
        cat watched
        kubectl api-resources --api-group=batch
        kubectl get nodes
        kubectl explain job.spec.backoffLimit
        ! kubectl exec p -- true
        kubectl delete namespace team --timeout=20s
        """)
      for expected in [
        "yes\n", "secrets is forbidden", "deployment.apps/d", "3 shell:2", "started", "Terminating",
        "cronjobs   cj", "sandbox   Ready", "FIELD: backoffLimit <integer>", "namespace \"team\" deleted",
      ] { #expect(text.contains(expected), "\(expected) is not in\n\(text)") }
      #expect(!text.contains("hidden"))
    }
  }
}
