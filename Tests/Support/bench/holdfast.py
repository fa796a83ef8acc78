"""Holdfast as a contender: its plan, its mounts, its programs."""
import json
import os
import subprocess


class Holdfast:
    def __init__(self, store, folder):
        self.store = store
        self.folder = folder
        self.mounts = folder / "mounts"
        for secret, values in {"s3": {"accessKeyId": store.ACCESS_KEY, "secretAccessKey": store.SECRET_KEY},
                               "token": {"token": "x"}}.items():
            (self.mounts / "secrets" / secret).mkdir(parents=True)
            for key, value in values.items():
                (self.mounts / "secrets" / secret / key).write_text(value)
        self.identity = folder / "identity.txt"
        self.identity.write_text(subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout)
        self.recipient = subprocess.run(["age-keygen", "-y", str(self.identity)], capture_output=True, text=True,
                                        check=True).stdout.strip()

    def plan(self, bucket, source, isRaw=False):
        """The file of a plan at the defaults; `isRaw` leaves out compression and encryption."""
        spec = {
            "sources": [{"name": "raft", "openBao": {"address": source.address, "tokenSecretRef": {"name": "token"}}}],
            "target": {"provider": "s3", "endpoint": self.store.endpoint, "bucket": bucket, "usePathStyle": True,
                       "credentialsSecretRef": {"name": "s3"}},
            "encryption": {"none": {"acknowledged": True}} if isRaw else {"age": {"recipients": [self.recipient]}},
            "compression": "none" if isRaw else "zstd", "retention": {"maxCount": 1}}
        path = self.folder / f"plan-{bucket}.json"
        path.write_text(json.dumps({"planVersion": 1, "policy": {"namespace": "bench", "name": "bench"}, "spec": spec}))
        return path

    def upload(self, plan, url):
        return [os.environ["HOLDFAST_BENCH"], str(plan), str(self.mounts), url]

    def command(self, name, plan, *arguments):
        return [os.environ["HOLDFAST"], name, *arguments, "--plan", str(plan), "--mounts", str(self.mounts)]
