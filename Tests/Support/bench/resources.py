"""`Tests/bench resources`: the peak memory of a backup of many API objects, to a folder."""
import base64
import http.server
import json
import os
import pathlib
import platform
import shutil
import sys
import tempfile
import threading
import urllib.parse

import measure

RANDOM = os.urandom(1 << 20)


def run(arguments):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    Cluster.count, Cluster.bytes = arguments.objects, arguments.bytes
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        kubeconfig = {
            "apiVersion": "v1", "kind": "Config", "current-context": "bench", "users": [],
            "clusters": [{"name": "bench", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": ""}}]}
        (folder / "kubeconfig").write_text(json.dumps(kubeconfig))
        plan = {"planVersion": 1, "policy": {"namespace": "bench", "name": "resources"}, "spec": {
            "sources": [{"name": "all", "resources": {}}],
            "target": {"provider": "filesystem", "filesystem": {"path": str(folder / "target")}},
            "encryption": {"none": {"acknowledged": True}}}}
        (folder / "plan.json").write_text(json.dumps(plan))
        (folder / "target").mkdir()
        command = [os.environ["HOLDFAST"], "backup", "--plan", str(folder / "plan.json"), "--mounts", str(folder),
                   "--result", str(folder / "result.json")]
        figures = measure.run([command], {"KUBECONFIG": str(folder / "kubeconfig")})
        facts = json.loads((folder / "result.json").read_text())["facts"]["all"]
        if facts["objects"] != str(arguments.objects + 1):
            sys.exit(f"{facts['objects']} objects in the backup in place of {arguments.objects + 1}")
    finally:
        server.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    figures = {name: figures[name] for name in ("wall", "cpu", "peakMiB")} | {
        "objects": arguments.objects, "machine": f"{platform.machine()}, {os.cpu_count()} cores"}
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"a backup of {arguments.objects} API objects of {arguments.bytes} bytes at the defaults: peak memory "
              f"{figures['peakMiB']:.1f} MiB, {figures['wall']:.1f} s wall, {figures['cpu']:.1f} s CPU ({figures['machine']})")


class Cluster(http.server.BaseHTTPRequestHandler):
    """An API server with one kind of `count` objects, each of about `bytes` bytes, made while they are listed."""

    protocol_version = "HTTP/1.1"
    count = 0
    bytes = 0

    def log_message(self, *_arguments):
        pass

    def do_GET(self):
        path, _, query = self.path.partition("?")
        body = json.dumps(self.answer(path, urllib.parse.parse_qs(query))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, path, query):
        maps = {"name": "configmaps", "kind": "ConfigMap", "namespaced": True, "verbs": ["get", "list"]}
        fixed = {
            "/version": {"major": "1", "minor": "36", "gitVersion": "v1.36.2"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "groups": []},
            "/api/v1": {"kind": "APIResourceList", "resources": [maps]},
            "/api/v1/namespaces/bench": {"metadata": {"name": "bench"}},
        }
        if path in fixed:
            return fixed[path]
        start, limit = int(query.get("continue", ["0"])[0]), int(query["limit"][0])
        end = min(start + limit, self.count)
        metadata = {"resourceVersion": "1"} | ({"continue": str(end)} if end < self.count else {})
        return {"kind": "ConfigMapList", "metadata": metadata, "items": [self.item(n) for n in range(start, end)]}

    def item(self, number):
        offset = number * 997 % (len(RANDOM) - self.bytes)
        text = base64.b64encode(RANDOM[offset:offset + self.bytes * 3 // 4]).decode()
        fields = {f"f:key-{n}": {} for n in range(10)}
        managed = {"manager": "bench", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": fields}}
        return {"metadata": {
            "name": f"object-{number:06}", "namespace": "bench", "uid": f"00000000-0000-4000-8000-{number:012}",
            "resourceVersion": "1", "creationTimestamp": "2026-11-21T03:00:00Z", "managedFields": [managed],
        }, "data": {"value": text}}
