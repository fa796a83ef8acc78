"""An API server of a benchmark's own: the sandbox, or kube-apiserver and etcd from $KUBEBUILDER_ASSETS; and a client."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import queue
import secrets
import ssl
import subprocess
import sys
import time
import urllib.parse

from servers import free_ports

REPOSITORY = pathlib.Path(__file__).parents[3]


class Cluster:
    """Started when made, with Holdfast's definitions; `stop` ends it."""

    def __init__(self, folder):
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self.processes = []
        try:
            assets = os.environ.get("KUBEBUILDER_ASSETS")
            self.kind = self.start_real(pathlib.Path(assets)) if assets else self.start_sandbox()
            self.kubectl("apply", "--server-side", "-f", str(REPOSITORY / "crds"))
            self.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd/backuppolicies.holdfast.dev",
                         "crd/backups.holdfast.dev", "crd/restorerequests.holdfast.dev")
            self.client = Client(json.loads(self.kubectl("config", "view", "--raw", "-o", "json")))
        except BaseException:
            self.stop()
            raise

    def start(self, name, *command):
        log = open(self.folder / f"{name}.log", "wb")
        self.processes.append(subprocess.Popen([str(part) for part in command], stdout=log, stderr=log))

    def start_sandbox(self):
        program = pathlib.Path(os.environ["HOLDFAST"]).with_name("holdfast-sandbox")
        self.start("sandbox", program, "--port", "0", "--kubeconfig", self.kubeconfig, "--data-dir", self.folder / "data")
        self.wait_ready()
        return "holdfast-sandbox"

    def start_real(self, assets):
        client, peer, port = free_ports(3)
        token = secrets.token_hex(16)
        (self.folder / "tokens").write_text(f"{token},admin,admin,system:masters\n")
        subprocess.run(["openssl", "genrsa", "-out", str(self.folder / "account.key"), "2048"], check=True,
                       stderr=subprocess.DEVNULL)
        etcd = f"http://127.0.0.1:{client}"
        self.start("etcd", assets / "etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync",
                   "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
                   "--listen-peer-urls", f"http://127.0.0.1:{peer}")
        key = self.folder / "account.key"
        self.start("apiserver", assets / "kube-apiserver", "--etcd-servers", etcd, "--cert-dir", self.folder / "certs",
                   "--bind-address", "127.0.0.1", "--secure-port", port, "--service-cluster-ip-range", "10.0.0.0/24",
                   "--authorization-mode", "RBAC", "--token-auth-file", self.folder / "tokens",
                   "--service-account-issuer", "https://127.0.0.1", "--service-account-key-file", key,
                   "--service-account-signing-key-file", key)
        certificate = self.folder / "certs" / "apiserver.crt"
        self.until(lambda: certificate.exists() and certificate.stat().st_size > 0)
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "bench",
            "clusters": [{"name": "bench", "cluster": {
                "server": f"https://127.0.0.1:{port}", "certificate-authority": str(certificate)}}],
            "users": [{"name": "bench", "user": {"token": token}}],
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}]}))
        self.wait_ready()
        return "kube-apiserver " + json.loads(self.kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"]

    def wait_ready(self):
        self.until(lambda: self.kubeconfig.exists() and subprocess.run(
            ["kubectl", "get", "--raw", "/readyz"], env=self.environment(), capture_output=True).returncode == 0)

    def until(self, is_true):
        deadline = time.monotonic() + 90
        while not is_true():
            if time.monotonic() > deadline or any(process.poll() is not None for process in self.processes):
                logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))
                sys.exit(f"the API server did not start:\n{logs}")
            time.sleep(0.2)

    def environment(self):
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig)}

    def kubectl(self, *arguments):
        done = subprocess.run(["kubectl", *arguments], env=self.environment(), capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"kubectl {' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Client:
    """JSON over a few connections that stay open."""

    THREADS = 4
    IDLE = 30.0  # Seconds; the server closes what is idle for longer than some minutes.

    def __init__(self, config):
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.url = urllib.parse.urlsplit(cluster["server"])
        self.headers = {"Authorization": f"Bearer {user['token']}"}
        self.context = None
        if self.url.scheme == "https":
            data = cluster.get("certificate-authority-data")
            authority = ssl.base64.b64decode(data).decode() if data else pathlib.Path(
                cluster["certificate-authority"]).read_text()
            self.context = ssl.create_default_context(cadata=authority)
        self.idle = queue.SimpleQueue()
        self.pool = concurrent.futures.ThreadPoolExecutor(self.THREADS)

    def connect(self):
        if self.context:
            return http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.context, timeout=60)
        return http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60)

    def connection(self):
        while True:
            try:
                connection, since = self.idle.get_nowait()
            except queue.Empty:
                return self.connect()
            if time.monotonic() - since < self.IDLE:
                return connection
            connection.close()

    def call(self, method, path, body=None, kind="application/json"):
        connection = self.connection()
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, self.headers | ({"Content-Type": kind} if data else {}))
        answer = connection.getresponse()
        text = answer.read()
        self.idle.put((connection, time.monotonic()))
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status}\n{text.decode(errors='replace')[:2000]}")
        return json.loads(text)

    def each(self, work, items):
        """Calls `work` with each item, a few at a time."""
        return list(self.pool.map(work, items))
