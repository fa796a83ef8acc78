#!/usr/bin/env python3
"""Writes ctrl-signed.db and edge-signer.crt: a small snapshot whose router has a certificate, and who signed that.

No bbolt library: pages are put together here by https://github.com/etcd-io/bbolt, internal/common/page.go and meta.go.
"""
import os
import struct
import subprocess
import tempfile

PAGE = 4096
here = os.path.dirname(os.path.abspath(__file__))


def text(value):
    return b"\x05" + value.encode()


def flag(value):
    return b"\x01" + bytes([value])


def integer(value):
    return b"\x03" + struct.pack("<q", value)


class Writer:
    def __init__(self):
        self.pages = {}
        self.next = 4  # Two meta pages, the free list and an empty page that it names.

    def bucket(self, content):
        """Gives the page of a bucket; nested dicts are buckets."""
        items = []
        for key in sorted(content, key=str.encode):
            value = content[key]
            if isinstance(value, dict):
                items.append((1, key.encode(), struct.pack("<QQ", self.bucket(value), 0)))
            else:
                items.append((0, key.encode(), value))
        elements, data = b"", b""
        for index, (kind, key, value) in enumerate(items):
            position = 16 * (len(items) - index) + len(data)
            elements += struct.pack("<IIII", kind, position, len(key), len(value))
            data += key + value
        body = elements + data
        overflow = (16 + len(body) - 1) // PAGE
        number = self.next
        self.next += overflow + 1
        page = struct.pack("<QHHI", number, 0x02, len(items), overflow) + body
        self.pages[number] = page.ljust((overflow + 1) * PAGE, b"\0")
        return number

    def file(self, content):
        root = self.bucket(content)
        free = struct.pack("<QHHI", 2, 0x10, 1, 0) + struct.pack("<Q", 3)
        out = b"".join(self.meta(number, root) for number in (0, 1)) + free.ljust(PAGE, b"\0") + bytes(PAGE)
        for number in sorted(self.pages):
            out += self.pages[number]
        return out

    def meta(self, number, root):
        body = struct.pack("<IIIIQQQQQ", 0xED0CDAED, 2, PAGE, 0, root, 0, 2, self.next, 10 + number)
        checksum = 0xCBF29CE484222325
        for byte in body:
            checksum = (checksum ^ byte) * 0x100000001B3 % 2**64
        return (struct.pack("<QHHI", number, 0x04, 0, 0) + body + struct.pack("<Q", checksum)).ljust(PAGE, b"\0")


def certificates():
    """The signer and a router's certificate; their keys are thrown away."""
    script = """
        new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        openssl req -x509 $new -keyout ca.key -out ca.crt -subj "/CN=edge signer" -days 36500
        openssl req $new -keyout r.key -out r.csr -subj "/CN=router"
        printf 'authorityKeyIdentifier=keyid\\nsubjectKeyIdentifier=hash\\n' >ext
        openssl x509 -req -in r.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 36500 -extfile ext -out r.crt
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["sh", "-ec", script], cwd=folder, check=True, capture_output=True)
        return [open(f"{folder}/{name}.crt").read() for name in ("ca", "r")]


signer, router = certificates()
content = {
    "meta": {"snapshotId": text("5d0c1f6e-0000-4000-8000-000000000001"), "resetTimeline": flag(True)},
    "ziti": {
        "versions": {"edge": integer(44)},
        "metadata": {"raftIndex": integer(0)},
        "identities": {"admin": {"name": text("Default Admin"), "isDefaultAdmin": flag(True)}},
        "routers": {"router1": {"name": text("router1"), "edge": {"certPem": text(router), "isVerified": flag(True)}}},
        "services": {"service1": {"name": text("service1")}},
    },
}
open(f"{here}/ctrl-signed.db", "wb").write(Writer().file(content))
open(f"{here}/edge-signer.crt", "w").write(signer)
