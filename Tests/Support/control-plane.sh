# Sourced by Tests/run: a real API server for the suites that need one and no nodes.
#
# KUBECONFIG names a whole cluster, which all suites use. KUBEBUILDER_ASSETS is a folder with kube-apiserver and etcd
# (as `setup-envtest` makes it): those are started here on 127.0.0.1, for the suites that ask the API server alone; the
# end-to-end suite needs controllers and a kubelet, and stays on the sandbox. Either way HOLDFAST_TEST_KUBECONFIG names it.

control_plane_pids=()

control_plane_stop() {
  [ ${#control_plane_pids[@]} -eq 0 ] || kill "${control_plane_pids[@]}" 2>/dev/null || true
  [ -z "${control_plane_folder:-}" ] || rm -rf "$control_plane_folder"
}

control_plane_start() {
  if [ -n "${KUBECONFIG:-}" ]; then
    export HOLDFAST_TEST_KUBECONFIG=$KUBECONFIG
  elif [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    control_plane_run_assets
  else
    return 0
  fi
  kubectl --kubeconfig "$HOLDFAST_TEST_KUBECONFIG" apply --server-side --force-conflicts -f crds/ >/dev/null
  kubectl --kubeconfig "$HOLDFAST_TEST_KUBECONFIG" wait --for=condition=Established --timeout=30s \
    crd/backuppolicies.holdfast.dev crd/backups.holdfast.dev crd/restorerequests.holdfast.dev >/dev/null
  echo "a real API server: $(kubectl --kubeconfig "$HOLDFAST_TEST_KUBECONFIG" version -o json | jq -r .serverVersion.gitVersion)"
}

control_plane_run_assets() {
  local folder ports token
  folder=$(mktemp -d)
  control_plane_folder=$folder
  read -r -a ports < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])')
  token=$(python3 -c 'import secrets; print(secrets.token_hex(16))')
  echo "$token,admin,admin,system:masters" >"$folder/tokens"
  openssl genrsa -out "$folder/account.key" 2048 2>/dev/null
  "$KUBEBUILDER_ASSETS/etcd" --data-dir "$folder/etcd" --unsafe-no-fsync \
    --listen-client-urls "http://127.0.0.1:${ports[0]}" --advertise-client-urls "http://127.0.0.1:${ports[0]}" \
    --listen-peer-urls "http://127.0.0.1:${ports[1]}" >"$folder/etcd.log" 2>&1 &
  control_plane_pids+=("$!")
  "$KUBEBUILDER_ASSETS/kube-apiserver" --etcd-servers "http://127.0.0.1:${ports[0]}" --cert-dir "$folder/certs" \
    --bind-address 127.0.0.1 --secure-port "${ports[2]}" --service-cluster-ip-range 10.0.0.0/24 \
    --authorization-mode RBAC --token-auth-file "$folder/tokens" --service-account-issuer https://127.0.0.1 \
    --service-account-key-file "$folder/account.key" --service-account-signing-key-file "$folder/account.key" \
    >"$folder/apiserver.log" 2>&1 &
  control_plane_pids+=("$!")
  local kubeconfig=$folder/kubeconfig deadline=$((SECONDS + 90))
  until [ -s "$folder/certs/apiserver.crt" ] || [ "$SECONDS" -ge "$deadline" ]; do sleep 0.2; done
  KUBECONFIG=$kubeconfig kubectl config set-cluster test --server "https://127.0.0.1:${ports[2]}" \
    --certificate-authority "$folder/certs/apiserver.crt" --embed-certs >/dev/null
  KUBECONFIG=$kubeconfig kubectl config set-credentials admin --token "$token" >/dev/null
  KUBECONFIG=$kubeconfig kubectl config set-context test --cluster test --user admin >/dev/null
  KUBECONFIG=$kubeconfig kubectl config use-context test >/dev/null
  export HOLDFAST_TEST_KUBECONFIG=$kubeconfig
  until kubectl --kubeconfig "$kubeconfig" get --raw /readyz >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      tail -20 "$folder/apiserver.log" >&2
      tools_fail "the API server in $KUBEBUILDER_ASSETS did not start"
    fi
    sleep 0.5
  done
}
