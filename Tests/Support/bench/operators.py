"""`Tests/bench operator`: what the operator takes for many policies, and that it writes nothing when nothing changes."""
import datetime
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import measure
from cluster import Cluster
from servers import free_ports

GROUP = "/apis/holdfast.dev/v1alpha1"
WRITES = {"create", "update", "patch", "apply", "delete", "deletecollection"}
MEMORY_LIMIT_MIB = 80
TICK = os.sysconf("SC_CLK_TCK")


def run(arguments):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    cluster = None
    try:
        say("starting an API server")
        cluster = Cluster(folder)
        say(f"making {arguments.policies} policies with {arguments.backups} Backups each")
        Scene(cluster.client, arguments).make()
        figures = {"policies": arguments.policies, "backupsEach": arguments.backups, "server": cluster.kind,
                   "preflights": arguments.preflights, "machine": measure.machine()}
        say("first start: everything is new to the operator")
        operator = Operator(cluster, folder, arguments)
        try:
            figures["firstSync"] = operator.sync()
            check(cluster.client, arguments)
            say(f"steady state, {arguments.steady} s")
            figures["steadyState"] = operator.rest(arguments.steady)
        finally:
            operator.stop()
        say("second start: everything is in place")
        operator = Operator(cluster, folder, arguments)
        try:
            figures["restart"] = operator.sync()
        finally:
            operator.stop()
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    figures["verdict"] = verdict(figures)
    print(json.dumps(figures, indent=2) if arguments.json else table(figures))
    sys.exit(0 if all(line["passed"] for line in figures["verdict"]) else 1)


def say(text):
    print(text, file=sys.stderr, flush=True)


def check(client, arguments):
    """That the work was really done."""
    policies = client.call("GET", f"{GROUP}/backuppolicies")["items"]
    ready = sum(any(c["type"] == "Ready" and c["status"] == "True" for c in p.get("status", {}).get("conditions", []))
                for p in policies)
    cron_jobs = len(client.call("GET", "/apis/batch/v1/cronjobs")["items"])
    if ready != arguments.policies or cron_jobs != arguments.policies:
        sys.exit(f"{ready} policies are Ready and {cron_jobs} have a CronJob, of {arguments.policies}")


def verdict(figures):
    peak = max(figures[phase]["peakMiB"] for phase in ("firstSync", "steadyState", "restart"))
    lines = [("steady state makes no write", figures["steadyState"]["writes"] == 0,
              f"{figures['steadyState']['writes']} writes in {figures['steadyState']['seconds']:.0f} s"),
             ("a restart makes no write", figures["restart"]["writes"] == 0, f"{figures['restart']['writes']} writes"),
             (f"peak memory below {MEMORY_LIMIT_MIB} MiB", peak < MEMORY_LIMIT_MIB, f"{peak:.1f} MiB")]
    return [{"what": what, "passed": passed, "seen": seen} for what, passed, seen in lines]


def table(figures):
    machine = figures["machine"]
    lines = [f"{figures['policies']} policies, {figures['backupsEach']} Backups each, {figures['server']}, {machine['cpu']}, "
             f"{machine['cores']} cores, load before {machine['loadAverage']}", "",
             f"{'':14} {'seconds':>8} {'writes':>7} {'writes/s':>9} {'reads':>7} {'CPU s':>7} {'RSS MiB':>8} {'peak MiB':>9}"]
    for name, phase in (("first sync", "firstSync"), ("steady state", "steadyState"), ("restart", "restart")):
        f = figures[phase]
        lines.append(f"{name:14} {f['seconds']:8.1f} {f['writes']:7} {f['writesPerSecond']:9.1f} {f['reads']:7} "
                     f"{f['cpu']:7.1f} {f['residentMiB']:8.1f} {f['peakMiB']:9.1f}")
    for name, phase in (("first sync", "firstSync"), ("steady state", "steadyState"), ("restart", "restart")):
        by = figures[phase]["calls"]
        lines += ["", f"calls in the {name}: " + (", ".join(f"{call} {count}" for call, count in by.items()) or "none")]
    lines.append("")
    for line in figures["verdict"]:
        lines.append(f"verdict: {'pass' if line['passed'] else 'FAIL'}: {line['what']}: {line['seen']}")
    return "\n".join(lines)


class Scene:
    """Policies spread over ten namespaces, each with runs that have ended."""

    NAMESPACES = 10

    def __init__(self, client, arguments):
        self.client = client
        self.arguments = arguments
        self.now = datetime.datetime.now(datetime.timezone.utc)

    def make(self):
        for number in range(self.NAMESPACES):
            self.client.call("POST", "/api/v1/namespaces", {"metadata": {"name": f"bench-{number}"}})
        self.client.each(self.policy, range(self.arguments.policies))

    def policy(self, number):
        namespace, name = f"bench-{number % self.NAMESPACES}", f"policy-{number:04}"
        self.client.call("POST", f"{GROUP}/namespaces/{namespace}/backuppolicies", {
            "apiVersion": "holdfast.dev/v1alpha1", "kind": "BackupPolicy",
            "metadata": {"name": name, "namespace": namespace, "labels": {"team": f"team-{number % 7}"}},
            "spec": {
                # Not within the time of the benchmark.
                "schedule": f"H H(0-5) {(self.now + datetime.timedelta(days=2)).day} * *", "timeZone": "Europe/Berlin",
                "sources": [
                    {"name": "raft", "openBao": {
                        "address": "https://bao.bench.svc:8200", "tokenSecretRef": {"name": "bao-token"}}},
                    {"name": "controller", "openZiti": {"release": "ziti-controller"}}],
                "target": {"provider": "s3", "endpoint": "https://s3.bench.svc", "bucket": "backups",
                           "pathPrefix": "bench", "usePathStyle": True, "credentialsSecretRef": {"name": "s3"}},
                "encryption": {"age": {"recipients": [
                    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]}},
                "retention": {"maxCount": 30, "maxAge": "90d"}}})
        for run in range(self.arguments.backups):
            self.backup(namespace, name, run)

    def backup(self, namespace, policy, run):
        """As the operator leaves one: two artifacts, facts, conditions."""
        start = self.now - datetime.timedelta(days=run, hours=1)
        end = start + datetime.timedelta(seconds=42)
        identity = f"{start:%Y%m%dT%H%M%SZ}-k3x9ab"
        name = f"{policy}-backup-{int(start.timestamp()) // 60}"
        path = f"{GROUP}/namespaces/{namespace}/backups"
        self.client.call("POST", path, {
            "apiVersion": "holdfast.dev/v1alpha1", "kind": "Backup",
            "metadata": {"name": name, "namespace": namespace, "labels": {
                "app.kubernetes.io/name": "holdfast", "app.kubernetes.io/managed-by": "holdfast-operator",
                "holdfast.dev/policy": policy}, "annotations": {
                    "holdfast.dev/job": f"{name}/00000000-0000-4000-8000-000000000000", "holdfast.dev/trigger": "scheduled"}},
            "spec": {"policyRef": {"name": policy}, "deletionPolicy": "Retain"}})
        location = f"bench/{namespace}/{policy}/{identity}"
        stamp = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        condition = {"lastTransitionTime": stamp, "reason": "Completed", "message": f"the backup is at s3://backups/{location}"}
        self.client.call("PATCH", f"{path}/{name}/status", {"status": {
            "phase": "Completed", "trigger": "scheduled", "id": identity, "job": name,
            "startTime": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "completionTime": stamp,
            "location": f"s3://backups/{location}", "size": 2_345_678,
            "storage": {"count": self.arguments.backups, "bytes": 2_345_678 * self.arguments.backups, "oldest": stamp,
                        "newest": stamp},
            "artifacts": [{
                "source": source, "key": f"{location}/{source}.{suffix}.zst.age", "plainSize": 4_567_890,
                "plainSHA256": "a" * 64, "storedSize": 1_172_839, "storedSHA256": "b" * 64}
                for source, suffix in (("raft", "snap"), ("controller", "db"))],
            "facts": {"raft": {"version": "2.4.1", "clusterID": "6f1b9a1e-7d0c-4c53-b6f8-0f0a7f6d2b11", "index": "918273"},
                      "controller": {"schemaVersion": "41", "raftIndex": "4711", "edgeRouters": "12"}},
            "conditions": [condition | {"type": "Completed", "status": "True"},
                           condition | {"type": "Failed", "status": "False"}]}}, "application/merge-patch+json")


class Operator:
    """A process of the operator, measured from outside."""

    QUIET = 5.0  # Seconds without a call or a key to work on, after which a sync has ended.

    def __init__(self, cluster, folder, arguments):
        self.port = free_ports(1)[0]
        self.log = open(folder / "operator.log", "ab")
        command = [os.environ["HOLDFAST"], "operator", "--kubeconfig", str(cluster.kubeconfig), "--executor-image",
                   "holdfast:bench", "--health-host", "127.0.0.1", "--health-port", str(self.port)]
        if not arguments.preflights:
            command.append("--target-preflight=false")
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)

    def sync(self):
        """Until nothing is left to do."""
        last = (time.monotonic(), None)
        deadline = time.monotonic() + 1200
        while True:
            time.sleep(1)  # A scrape of a thousand policies is 2 MB, which the operator has to write.
            now = time.monotonic()
            if self.process.poll() is not None or now > deadline:
                sys.exit(f"the operator ended or does not come to rest; its log ends with:\n{self.tail()}")
            seen = self.metrics()
            # Watches are begun anew from time to time.
            state = {call: count for call, count in seen["calls"].items() if not call.startswith("watch ")}
            if state != last[1] or seen["depth"] > 0 or not state:
                last = (now, state)
            elif now - last[0] > self.QUIET:
                return self.figures(last[0] - self.started, {}, seen)

    def rest(self, seconds):
        before, cpu = self.metrics(), self.cpu()
        time.sleep(seconds)
        return self.figures(seconds, before["calls"], self.metrics(), cpu)

    def figures(self, seconds, before, after, cpu=0.0):
        calls = {call: count - before.get(call, 0) for call, count in sorted(after["calls"].items())
                 if count != before.get(call, 0)}
        writes = sum(count for call, count in calls.items() if call.split()[0] in WRITES)
        reads = sum(count for call, count in calls.items() if call.split()[0] in {"get", "list"})
        return {"seconds": round(seconds, 2), "writes": writes, "writesPerSecond": round(writes / max(seconds, 0.001), 1),
                "reads": reads, "cpu": round(self.cpu() - cpu, 2), **self.memory(), "calls": calls}

    def memory(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        kib = {key: int(re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)[1]) for key in ("VmRSS", "VmHWM")}
        return {"residentMiB": round(kib["VmRSS"] / 1024, 1), "peakMiB": round(kib["VmHWM"] / 1024, 1)}

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def metrics(self):
        """Calls to the API server by verb and resource, and keys that wait. Leases are leader election's."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            connection.close()
        except OSError:
            return {"calls": {}, "depth": 1}
        calls, depth = {}, 0
        for line in text.splitlines():
            if line.startswith("holdfast_kubernetes_api_requests_total{"):
                labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
                call = f"{labels['verb']} {labels.get('resource', '?')}"
                calls[call] = calls.get(call, 0) + int(float(line.rsplit(" ", 1)[1]))
            elif line.startswith("holdfast_kubernetes_workqueue_depth"):
                depth += int(float(line.rsplit(" ", 1)[1]))
        return {"calls": calls, "depth": depth}

    def tail(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")[-3000:]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
