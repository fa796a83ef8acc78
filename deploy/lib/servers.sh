# Sourced by deploy/quickstart: the throw-away servers of the demonstration, on loopback, in one work folder.
# Expects $work (a folder), and tools.sh sourced before.

servers_pids=()

# free_ports N: N ports of 127.0.0.1 that nobody listens on.
servers_free_ports() {
  python3 -c '
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])' "$1"
}

# servers_start NAME COMMAND...: in the background, its output in $work/log/NAME.log, in a session of its own.
servers_start() {
  local name=$1
  shift
  mkdir -p "$work/log"
  setsid "$@" >"$work/log/$name.log" 2>&1 </dev/null &
  servers_pids+=("$!")
  printf '%s\n' "$!" >>"$work/pids"
}

# servers_wait NAME SECONDS COMMAND...: until COMMAND succeeds.
servers_wait() {
  local name=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      tail -20 "$work/log/$name.log" >&2 || true
      tools_fail "$name did not become ready; its log is $work/log/$name.log"
    fi
    sleep 0.2
  done
}

# Succeeds while a process runs; one that has ended and waits for its parent does not count.
servers_runs() { grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status"; }

# Ends every server and all that it started: first kindly, then not.
servers_stop() {
  local pid alive
  for pid in "${servers_pids[@]}"; do kill -TERM "-$pid" 2>/dev/null || true; done
  for _ in $(seq 75); do
    alive=0
    for pid in "${servers_pids[@]}"; do if servers_runs "$pid"; then alive=1; fi; done
    [ "$alive" = 0 ] && break
    sleep 0.2
  done
  for pid in "${servers_pids[@]}"; do kill -KILL "-$pid" 2>/dev/null || true; done
}

# A real S3 server (SeaweedFS) that verifies signatures and makes no bucket by itself. Sets $s3_endpoint.
servers_start_s3() {
  local p
  read -r -a p < <(servers_free_ports 10)
  s3_access_key=quickstart
  s3_secret_key=$(servers_random 32)
  mkdir -p "$work/s3"
  (umask 077 && cat >"$work/s3.json" <<JSON
{"identities": [{"name": "quickstart", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
  "credentials": [{"accessKey": "$s3_access_key", "secretKey": "$s3_secret_key"}]}]}
JSON
  )
  servers_start s3 weed mini -dir="$work/s3" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
    -master.port="${p[0]}" -master.port.grpc="${p[1]}" -volume.port="${p[2]}" -volume.port.grpc="${p[3]}" \
    -filer.port="${p[4]}" -filer.port.grpc="${p[5]}" -s3.port="${p[6]}" -s3.port.grpc="${p[7]}" \
    -admin.port="${p[8]}" -admin.port.grpc="${p[9]}" -admin.ui=false -webdav=false -s3.iam=false \
    -s3.port.iceberg=0 -s3.port.lance=0 -s3.autoCreateBucket=false -s3.config="$work/s3.json"
  s3_endpoint="http://127.0.0.1:${p[6]}"
  servers_wait s3 60 s3 ls
}

# An S3 client that is not ours (boto3): `s3 make BUCKET`, `s3 ls [BUCKET]`, `s3 get BUCKET KEY FILE`.
s3() {
  S3_ENDPOINT=$s3_endpoint AWS_ACCESS_KEY_ID=$s3_access_key AWS_SECRET_ACCESS_KEY=$s3_secret_key \
    python3 deploy/lib/s3.py "$@"
}

# A real OpenBao with raft storage, initialised and unsealed. Sets $bao_address and $bao_root_token.
servers_start_openbao() {
  local p
  read -r -a p < <(servers_free_ports 2)
  mkdir -p "$work/bao"
  cat >"$work/bao.hcl" <<HCL
storage "raft" {
  path                   = "$work/bao"
  node_id                = "one"
  performance_multiplier = 1
}
listener "tcp" {
  address         = "127.0.0.1:${p[0]}"
  cluster_address = "127.0.0.1:${p[1]}"
  tls_disable     = true
}
api_addr     = "http://127.0.0.1:${p[0]}"
cluster_addr = "http://127.0.0.1:${p[1]}"
HCL
  servers_start openbao bao server -config="$work/bao.hcl"
  bao_address="http://127.0.0.1:${p[0]}"
  export BAO_ADDR=$bao_address
  servers_wait openbao 60 curl -fsS -o /dev/null "$bao_address/v1/sys/seal-status"
  local keys
  keys=$(bao operator init -key-shares=1 -key-threshold=1 -format=json)
  bao operator unseal "$(jq -r '.unseal_keys_b64[0]' <<<"$keys")" >/dev/null
  bao_root_token=$(jq -r .root_token <<<"$keys")
  export BAO_TOKEN=$bao_root_token
  servers_wait openbao 60 curl -fsS -o /dev/null "$bao_address/v1/sys/health"
}

servers_random() { python3 -c 'import secrets, sys; print(secrets.token_hex(int(sys.argv[1]) // 2))' "$1"; }
