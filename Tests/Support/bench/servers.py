"""The servers of a benchmark, on loopback: a source of bytes over HTTP, and SeaweedFS as the store."""
import hashlib
import http.server
import json
import os
import random
import socket
import subprocess
import sys
import tarfile
import threading
import time
import zlib

import boto3
from botocore.config import Config

BLOCK = random.Random(1).randbytes(16 << 20)  # Longer than any compressor's window here: incompressible when repeated.


def member(name, size):
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o600
    return header.tobuf(tarfile.USTAR_FORMAT if size < 8 << 30 else tarfile.GNU_FORMAT)


def padded(data):
    return data + b"\0" * (-len(data) % 512)


def raft_tar(size):
    """A snapshot laid out as OpenBao's, whose state.bin has `size` bytes that do not compress."""
    meta = json.dumps({"Version": 1, "ID": "bolt-snapshot", "Index": 10, "Term": 2, "Peers": "", "Configuration": {
        "Servers": [{"Suffrage": 0, "ID": "one", "Address": "127.0.0.1:8201"}]}, "ConfigurationIndex": 1,
        "Size": size}).encode()
    yield member("meta.json", len(meta)) + padded(meta)
    yield member("state.bin", size)
    digest = hashlib.sha256()
    left = size
    while left:
        start = ((left >> 20) % 16) << 20
        piece = BLOCK[:left] if left < 1 << 20 else BLOCK[start:][: 1 << 20]
        digest.update(piece)
        left -= len(piece)
        yield piece
    yield b"\0" * (-size % 512)
    sums = f"{hashlib.sha256(meta).hexdigest()}  meta.json\n{digest.hexdigest()}  state.bin\n".encode()
    yield member("SHA256SUMS", len(sums)) + padded(sums)
    yield b"\0" * 1024


def raft_archive(size):
    """The snapshot as it is sent: the tar in gzip, stored rather than deflated."""
    compressor = zlib.compressobj(0, zlib.DEFLATED, 31)
    for piece in raft_tar(size):
        yield compressor.compress(piece)
    yield compressor.flush()


class Source:
    """An HTTP server that costs little: `/data` and the Raft snapshot are sent from files by the kernel."""

    SNAPSHOT = "/v1/sys/storage/raft/snapshot"

    def __init__(self, files, generated=None):
        """
        files: path of the URL -> file.
        generated: path of the URL -> callable that gives the pieces of a body too large to keep.
        """
        generated = generated or {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_arguments):
                pass

            def do_GET(self):
                if self.path in files:
                    return self.send_file(files[self.path])
                if self.path in generated:
                    return self.send_pieces(generated[self.path]())
                # Whatever else is asked of OpenBao before a snapshot.
                self.begin(len(HEALTH), "application/json")
                self.wfile.write(HEALTH)

            def begin(self, length, kind):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header(*(("Transfer-Encoding", "chunked") if length is None
                                   else ("Content-Length", str(length))))
                self.end_headers()

            def send_file(self, path):
                with open(path, "rb") as file:
                    self.begin(os.fstat(file.fileno()).st_size, "application/octet-stream")
                    self.wfile.flush()
                    self.connection.sendfile(file)

            def send_pieces(self, pieces):
                self.begin(None, "application/gzip")
                for piece in filter(None, pieces):
                    self.wfile.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
                self.wfile.write(b"0\r\n\r\n")

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()


HEALTH = json.dumps({"initialized": True, "sealed": False, "standby": False, "version": "2.0.0",
                     "cluster_name": "bench", "cluster_id": "bench"}).encode()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for item in sockets:
        item.bind(("127.0.0.1", 0))
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


class Store:
    """SeaweedFS. Every bucket is a collection of its own: removing one frees its disk at once."""

    ACCESS_KEY, SECRET_KEY = "bench", "bench-secret"

    def __init__(self, folder):
        ports = free_ports(10)
        identities = folder / "s3.json"
        identities.write_text(json.dumps({"identities": [{
            "name": "bench", "actions": ["Admin", "Read", "Write", "List"],
            "credentials": [{"accessKey": self.ACCESS_KEY, "secretKey": self.SECRET_KEY}]}]}))
        (folder / "s3").mkdir()
        names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
                 "s3.port", "s3.port.grpc", "admin.port", "admin.port.grpc"]
        self.log = open(folder / "s3.log", "wb")
        self.process = subprocess.Popen(
            ["weed", "mini", f"-dir={folder / 's3'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-admin.ui=false",
             "-webdav=false", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={identities}"]
            + [f"-{name}={port}" for name, port in zip(names, ports)], stdout=self.log, stderr=self.log)
        self.host = f"127.0.0.1:{ports[6]}"
        self.endpoint = f"http://{self.host}"
        self.client = boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=self.ACCESS_KEY,
            aws_secret_access_key=self.SECRET_KEY, config=Config(s3={"addressing_style": "path"}))
        try:
            self.make("ready")
        except Exception as error:
            self.stop()
            sys.exit(f"SeaweedFS did not start: {error}; its log is {folder / 's3.log'}")

    def make(self, bucket):
        """An empty bucket whose volumes are there: the first object of a bucket makes them."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.client.create_bucket(Bucket=bucket)
                self.client.put_object(Bucket=bucket, Key="first", Body=b"x")
                return
            except Exception:  # Not up yet, or no volume server has registered.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def objects(self, bucket):
        """Key -> size."""
        page = self.client.list_objects_v2(Bucket=bucket)
        return {item["Key"]: item["Size"] for item in page.get("Contents", []) if item["Key"] != "first"}

    def remove(self, bucket):
        for key in [*self.objects(bucket), "first"]:
            self.client.delete_object(Bucket=bucket, Key=key)
        self.client.delete_bucket(Bucket=bucket)

    def stop(self):
        self.process.kill()
        self.process.wait()
