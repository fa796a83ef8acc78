"""The measuring half of Tests/bench: whole-process figures of the `holdfast` program that $HOLDFAST names."""
import argparse
import hashlib
import http.server
import json
import os
import pathlib
import platform
import random
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zlib

import boto3
from botocore.config import Config

BLOCK = random.Random(1).randbytes(16 << 20)  # Longer than any compressor's window here: incompressible when repeated.


class RaftArchive(http.server.BaseHTTPRequestHandler):
    """Answers a snapshot request with an archive laid out as OpenBao's, of `size` bytes that do not compress."""

    protocol_version = "HTTP/1.1"
    size = 0

    def log_message(self, *_arguments):
        pass

    def do_GET(self):
        if self.path != "/v1/sys/storage/raft/snapshot":
            body = b'{"initialized":true,"sealed":false,"standby":false,"version":"2.0.0","cluster_name":"bench","cluster_id":"bench"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/gzip")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        compressor = zlib.compressobj(0, zlib.DEFLATED, 31)
        for piece in self.tar():
            self.chunk(compressor.compress(piece))
        self.chunk(compressor.flush())
        self.wfile.write(b"0\r\n\r\n")

    def chunk(self, data):
        if data:
            self.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n")

    def tar(self):
        meta = json.dumps({"Version": 1, "ID": "bolt-snapshot", "Index": 10, "Term": 2, "Peers": "", "Configuration": {
            "Servers": [{"Suffrage": 0, "ID": "one", "Address": "127.0.0.1:8201"}]}, "ConfigurationIndex": 1,
            "Size": self.size}).encode()
        yield member("meta.json", len(meta)) + padded(meta)
        yield member("state.bin", self.size)
        digest = hashlib.sha256()
        left = self.size
        while left:
            piece = BLOCK[: min(left, 1 << 20)] if left < 1 << 20 else BLOCK[(left % 16) << 20 :][: 1 << 20]
            digest.update(piece)
            left -= len(piece)
            yield piece
        yield b"\0" * (-self.size % 512)
        sums = f"{hashlib.sha256(meta).hexdigest()}  meta.json\n{digest.hexdigest()}  state.bin\n".encode()
        yield member("SHA256SUMS", len(sums)) + padded(sums)
        yield b"\0" * 1024


def member(name, size):
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o600
    return header.tobuf(tarfile.USTAR_FORMAT if size < 8 << 30 else tarfile.GNU_FORMAT)


def padded(data):
    return data + b"\0" * (-len(data) % 512)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for item in sockets:
        item.bind(("127.0.0.1", 0))
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


class Store:
    """SeaweedFS with one bucket."""

    def __init__(self, folder):
        ports = free_ports(10)
        identities = folder / "s3.json"
        identities.write_text(json.dumps({"identities": [{"name": "bench", "actions": ["Admin", "Read", "Write", "List"],
            "credentials": [{"accessKey": "bench", "secretKey": "bench-secret"}]}]}))
        (folder / "s3").mkdir()
        names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
                 "s3.port", "s3.port.grpc", "admin.port", "admin.port.grpc"]
        self.log = open(folder / "s3.log", "wb")
        self.process = subprocess.Popen(
            ["weed", "mini", f"-dir={folder / 's3'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-admin.ui=false",
             "-webdav=false", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={identities}"]
            + [f"-{name}={port}" for name, port in zip(names, ports)], stdout=self.log, stderr=self.log)
        self.endpoint = f"http://127.0.0.1:{ports[6]}"
        client = boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="bench",
                              aws_secret_access_key="bench-secret", config=Config(s3={"addressing_style": "path"}))
        for _ in range(200):
            try:
                client.create_bucket(Bucket="bench")
                client.put_object(Bucket="bench", Key="ready", Body=b"x")
                break
            except Exception:  # Not up yet, or no volume server has registered.
                time.sleep(0.2)
        else:
            sys.exit(f"SeaweedFS did not start; its log is {folder / 's3.log'}")

    def stop(self):
        self.process.kill()
        self.process.wait()


def measure(command):
    """Runs a command: wall and CPU seconds, peak memory in MiB, its output."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} failed with {process.returncode}:\n{output.decode(errors='replace')[-3000:]}")
    return {"wall": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime, "peakMiB": usage.ru_maxrss / 1024}


def memory(arguments):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    store = Store(folder)
    RaftArchive.size = int(arguments.size * (1 << 30))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RaftArchive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        identity = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
        recipient = subprocess.run(["age-keygen", "-y"], input=identity, capture_output=True, text=True, check=True).stdout
        mounts = folder / "mounts"
        for secret, values in {"s3": {"accessKeyId": "bench", "secretAccessKey": "bench-secret"}, "token": {"token": "x"}}.items():
            (mounts / "secrets" / secret).mkdir(parents=True)
            for key, value in values.items():
                (mounts / "secrets" / secret / key).write_text(value)
        plan = {"planVersion": 1, "policy": {"namespace": "bench", "name": "memory"}, "spec": {
            "sources": [{"name": "raft", "openBao": {"address": f"http://127.0.0.1:{server.server_port}",
                         "tokenSecretRef": {"name": "token"}}}],
            "target": {"provider": "s3", "endpoint": store.endpoint, "bucket": "bench", "usePathStyle": True,
                       "credentialsSecretRef": {"name": "s3"}},
            "encryption": {"age": {"recipients": [recipient.strip()]}}, "retention": {"maxCount": 1}}}
        (folder / "plan.json").write_text(json.dumps(plan))
        figures = measure([os.environ["HOLDFAST"], "backup", "--plan", str(folder / "plan.json"), "--mounts", str(mounts)])
    finally:
        server.shutdown()
        store.stop()
        shutil.rmtree(folder, ignore_errors=True)
    figures |= {"sizeGiB": arguments.size, "machine": f"{platform.machine()}, {os.cpu_count()} cores"}
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"a backup of {arguments.size:g} GiB at the defaults: peak memory {figures['peakMiB']:.1f} MiB, "
              f"{figures['wall']:.1f} s wall, {figures['cpu']:.1f} s CPU ({figures['machine']})")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("memory")
    command.add_argument("--size", type=float, default=2)
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=memory)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
