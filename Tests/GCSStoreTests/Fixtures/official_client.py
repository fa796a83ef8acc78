"""Checks the fake by Google's own client: what it cannot do with the fake, the fake does wrong.

usage: official_client.py ENDPOINT CREDENTIALS_JSON BUCKET
"""
import datetime
import io
import os
import sys

from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY
from google.oauth2 import service_account

endpoint, key, name = sys.argv[1:]
credentials = service_account.Credentials.from_service_account_file(
    key, scopes=["https://www.googleapis.com/auth/devstorage.read_write"])
client = storage.Client(
    project="project", credentials=credentials, client_options=ClientOptions(api_endpoint=endpoint))
bucket = client.bucket(name)


def refused(error, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except error:
        return
    raise AssertionError(f"{call} was to fail with {error}")


# Small objects: multipart, with a precondition and the CRC that the client compares by itself.
small = bucket.blob("folder/small")
small.upload_from_string(b"first", if_generation_match=0, checksum="crc32c")
refused(exceptions.PreconditionFailed, small.upload_from_string, b"second", if_generation_match=0)
assert small.download_as_bytes(checksum="crc32c") == b"first"
assert small.download_as_bytes(start=1, end=3) == b"irs"
assert small.download_as_bytes(checksum="md5") == b"first"

# A resumable upload in chunks, of a size that is not known at the start. The CRC goes with the last chunk.
content = os.urandom(3 * 262144 + 1234)


class Stream(io.RawIOBase):
    def __init__(self):
        self.inner = io.BytesIO(content)

    def readable(self):
        return True

    def read(self, size=-1):
        return self.inner.read(size)

    def tell(self):
        return self.inner.tell()

    def seek(self, *args):
        return self.inner.seek(*args)


large = bucket.blob("large", chunk_size=262144)
large.upload_from_file(Stream(), if_generation_match=0, checksum="crc32c", retry=DEFAULT_RETRY)
large.reload()
assert large.size == len(content) and large.generation and large.crc32c
assert large.download_as_bytes(checksum="crc32c") == content
assert large.download_as_bytes(start=262144, end=262144 + 9) == content[262144:262144 + 10]

# In chunks, by ranges.
target = io.BytesIO()
bucket.blob("large", chunk_size=262144).download_to_file(target)
assert target.getvalue() == content

# A known size, and one whose chunks fill it to the end.
exact = bucket.blob("exact", chunk_size=262144)
exact.upload_from_file(io.BytesIO(content[:524288]), size=524288, checksum="md5")
assert exact.download_as_bytes() == content[:524288]
with bucket.blob("written", chunk_size=262144).open("wb") as writer:
    writer.write(content[:524288])
assert bucket.blob("written").download_as_bytes() == content[:524288]

# A wrong checksum makes no object.
session = bucket.blob("wrong").create_resumable_upload_session(content_type="text/plain", client=client)
answer = client._http.put(session, data=b"abc", headers={"x-goog-hash": "crc32c=AAAAAA=="})
assert answer.status_code == 400, answer.status_code
assert not bucket.blob("wrong").exists()

# A session: nothing kept yet, some kept, cancelled.
session = bucket.blob("open").create_resumable_upload_session(content_type="text/plain", client=client)
status = {"Content-Range": "bytes */*"}
answer = client._http.put(session, headers=status)
assert answer.status_code == 308 and "Range" not in answer.headers
answer = client._http.put(session, data=content[:262144], headers={"Content-Range": "bytes 0-262143/*"})
assert answer.status_code == 308 and answer.headers["Range"] == "bytes=0-262143"
assert client._http.put(session, headers=status).headers["Range"] == "bytes=0-262143"
assert client._http.delete(session).status_code == 499
assert 400 <= client._http.put(session, headers=status).status_code < 500
assert not bucket.blob("open").exists()

# Pages.
for number in range(7):
    bucket.blob(f"pages/{number}").upload_from_string(b"x")
pages = [[blob.name for blob in page] for page in client.list_blobs(bucket, prefix="pages/", page_size=3).pages]
assert pages == [["pages/0", "pages/1", "pages/2"], ["pages/3", "pages/4", "pages/5"], ["pages/6"]], pages
names = [blob.name for blob in client.list_blobs(bucket, prefix="pages/", start_offset="pages/5")]
assert names == ["pages/5", "pages/6"], names

# Deletion, with the precondition and without.
small.reload()
refused(exceptions.PreconditionFailed, small.delete, if_generation_match=small.generation + 1)
small.delete(if_generation_match=small.generation)
refused(exceptions.NotFound, small.delete)
refused(exceptions.NotFound, small.download_as_bytes)
refused(exceptions.NotFound, client.bucket("no-such-bucket").blob("a").upload_from_string, b"x")

# Holds and retention.
held = bucket.blob("held")
held.upload_from_string(b"x")
held.temporary_hold = True
held.patch()
refused(exceptions.Forbidden, held.delete)
held.reload()
assert held.temporary_hold
kept = bucket.blob("kept")
kept.retention.mode = "Unlocked"
kept.retention.retain_until_time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
kept.upload_from_string(b"x")
kept.reload()
assert kept.retention.mode == "Unlocked" and kept.retention.retain_until_time, kept.retention
refused(exceptions.Forbidden, kept.delete)
refused(exceptions.Forbidden, kept.upload_from_string, b"y")
print("the official client is content")
