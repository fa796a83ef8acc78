"""Drives the fake of Azure Blob Storage with Azure's official Python client.

    azure_client.py ENDPOINT ACCOUNT KEY CONTAINER

Each check asserts what the real service would answer. The last line says how many there were.
"""
import base64
import datetime
import sys
import urllib.parse

from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError, HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError)
from azure.storage.blob import (
    AccountSasPermissions, BlobBlock, BlobServiceClient, ContainerClient, ContainerSasPermissions, ResourceTypes,
    generate_account_sas, generate_container_sas)

endpoint, account, key, container_name = sys.argv[1:5]
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise SystemExit(f"not so: {what}")


def refused(call, kind, code, what):
    try:
        call()
    except kind as error:
        check(str(getattr(error.error_code, "value", error.error_code)) == code, f"{what}: {code}, not {error.error_code}: {error}")
    else:
        raise SystemExit(f"no error: {what}")


def client(credential, retries=0):
    return BlobServiceClient(
        endpoint, credential=credential, retry_total=retries, max_single_put_size=64 << 10, max_block_size=64 << 10,
        max_single_get_size=100_000, max_chunk_get_size=100_000)


service = client({"account_name": account, "account_key": key})
container = service.create_container(container_name)
refused(lambda: service.create_container(container_name), ResourceExistsError, "ContainerAlreadyExists", "made twice")
check([c.name for c in service.list_containers()].count(container_name) == 1, "the container is listed")
check(not container.get_container_properties().has_immutability_policy, "no policy")

# Small and large blobs, names that need care.
body = bytes(range(256)) * 1200
for name in ["small", "a b/c+d&e<f>'é😀", "large"]:
    data = body if name == "large" else b"hello"
    container.upload_blob(name, data, validate_content=True, metadata={"color": "red"})
    blob = container.get_blob_client(name)
    check(blob.download_blob().readall() == data, f"{name} comes back")
    properties = blob.get_blob_properties()
    check(properties.size == len(data) and properties.metadata == {"color": "red"}, f"{name} has its properties")
check(len(container.get_blob_client("large").get_block_list("committed")[0]) == 5, "five blocks")
refused(lambda: container.upload_blob("small", b"x"), ResourceExistsError, "BlobAlreadyExists", "create-only")
container.upload_blob("small", b"other", overwrite=True)

# Ranges.
large = container.get_blob_client("large")
check(large.download_blob(offset=1000, length=50).readall() == body[1000:1050], "a range")
check(large.download_blob(offset=len(body) - 3).readall() == body[-3:], "the last bytes")
refused(lambda: large.download_blob(offset=len(body)).readall(), HttpResponseError, "InvalidRange", "beyond the end")
container.upload_blob("empty", b"")
check(container.get_blob_client("empty").download_blob().readall() == b"", "an empty blob")

# Blocks by hand.
blob = container.get_blob_client("blocks")
ids = [base64.b64encode(f"block-{i:03}".encode()).decode() for i in range(3)]
for number, name in enumerate(ids):
    blob.stage_block(name, bytes([65 + number]) * 10, validate_content=True)
check([b.id for b in blob.get_block_list("uncommitted")[1]] == ids, "three blocks wait")
check(not blob.exists(), "nothing is visible before the commit")
refused(lambda: blob.stage_block(base64.b64encode(b"longer-block-id").decode(), b"x"), HttpResponseError, "InvalidBlobOrBlock", "ids of another length")
check("blocks" in [b.name for b in container.list_blobs(include="uncommittedblobs")], "uncommitted blobs are listed")
check("blocks" not in [b.name for b in container.list_blobs()], "only when asked for")
refused(lambda: blob.commit_block_list([BlobBlock(base64.b64encode(b"block-999").decode())]), HttpResponseError, "InvalidBlockList", "a block that is not there")
blob.commit_block_list([BlobBlock(ids[2]), BlobBlock(ids[0])])
check(blob.download_blob().readall() == b"C" * 10 + b"A" * 10, "blocks in the order of the list")
check(blob.get_block_list("all")[1] == [], "the third is gone")
blob.commit_block_list([BlobBlock(ids[0])])
check(blob.download_blob().readall() == b"A" * 10, "a committed block again")

# Conditions.
etag = blob.get_blob_properties().etag
container.upload_blob("blocks", b"new", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
refused(
    lambda: container.upload_blob("blocks", b"x", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified),
    ResourceModifiedError, "ConditionNotMet", "an old ETag")
refused(
    lambda: blob.delete_blob(etag=etag, match_condition=MatchConditions.IfNotModified), ResourceModifiedError,
    "ConditionNotMet", "a deletion of an old version")
refused(
    lambda: container.get_blob_client("nothing").delete_blob(etag=etag, match_condition=MatchConditions.IfNotModified),
    ResourceNotFoundError, "BlobNotFound", "a conditional deletion of nothing")

# Listing.
for number in range(25):
    container.upload_blob(f"page/{number:02}", b"x")
names = [b.name for b in container.list_blobs(name_starts_with="page/", results_per_page=10)]
check(names == [f"page/{n:02}" for n in range(25)], "three pages in order")
page = container.list_blobs(name_starts_with="page/", results_per_page=10).by_page()
check(len(list(next(page))) == 10 and page.continuation_token, "a page and its marker")
tops = [b.name for b in container.walk_blobs(name_starts_with="p")]
check(tops == ["page/"], f"folders by delimiter: {tops}")

# Deletion.
blob.delete_blob()
refused(blob.delete_blob, ResourceNotFoundError, "BlobNotFound", "deleted twice")
refused(
    lambda: service.get_container_client("no-such-container").upload_blob("a", b"x"), ResourceNotFoundError,
    "ContainerNotFound", "a container that is not there")

# Wrong keys.
wrong = client({"account_name": account, "account_key": base64.b64encode(b"wrong" * 10).decode()})
refused(
    lambda: wrong.get_container_client(container_name).upload_blob("a", b"x"), ClientAuthenticationError,
    "AuthenticationFailed", "a wrong key")

# Shared access signatures.
now = datetime.datetime.now(datetime.timezone.utc)
hour = datetime.timedelta(hours=1)


def with_sas(permissions, start=now - hour, end=now + hour):
    token = generate_container_sas(
        account, container_name, account_key=key, permission=ContainerSasPermissions(**{p: True for p in permissions}),
        start=start, expiry=end)
    return client(token).get_container_client(container_name)


reader = with_sas(["read", "list"])
check(reader.get_blob_client("small").download_blob().readall() == b"other", "a SAS reads")
check(len(list(reader.list_blobs())) > 25, "a SAS lists")
refused(lambda: reader.upload_blob("b", b"x"), HttpResponseError, "AuthorizationPermissionMismatch", "a reader writes")
writer = with_sas(["write"])
writer.upload_blob("by-writer", body, overwrite=True)
refused(
    lambda: writer.get_blob_client("by-writer").get_blob_properties(), HttpResponseError,
    "AuthorizationPermissionMismatch", "a writer reads")
creator = with_sas(["create"])
creator.upload_blob("by-creator", b"x", overwrite=True)
refused(
    lambda: creator.upload_blob("by-creator", b"y", overwrite=True), HttpResponseError, "UnauthorizedBlobOverwrite",
    "a creator replaces")
refused(
    lambda: list(with_sas(["list"], end=now - datetime.timedelta(minutes=1)).list_blobs()), ClientAuthenticationError,
    "AuthenticationFailed", "an expired SAS")
token = generate_account_sas(
    account, key, ResourceTypes(container=True, object=True), AccountSasPermissions(read=True, write=True, list=True),
    now + hour, start=now - hour)
container_by_sas = client(token).get_container_client(container_name)
container_by_sas.upload_blob("by-account-sas", b"x")
check(container_by_sas.get_container_properties().name == container_name, "an account SAS reads the container")
parsed = dict(urllib.parse.parse_qsl(token))
check(parsed["sv"] >= "2020-12-06", "the string to sign has an encryption scope")
changed = client(token.replace("sp=rwl", "sp=rwdl")).get_container_client(container_name)
refused(lambda: changed.delete_blob("small"), ClientAuthenticationError, "AuthenticationFailed", "a SAS that was changed")

service.delete_container(container_name)
refused(lambda: list(container.list_blobs()), ResourceNotFoundError, "ContainerNotFound", "after its deletion")
print(f"{checks} checks")
