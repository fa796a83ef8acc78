"""`Tests/bench download`: from SeaweedFS, decrypted, decompressed and compared with the digests."""
import hashlib
import sys

import measure
from report import Report
from setting import Setting


def run(arguments):
    with Setting(arguments) as setting:
        setting.store.make("bench")
        plan = setting.holdfast.plan("bench", setting.source)
        measure.run([setting.holdfast.upload(plan, setting.url)])
        key = next(key for key in setting.store.objects("bench") if not key.endswith(".json"))
        expected = digest(setting.data)

        def peer():
            figures = measure.run([
                setting.peers.rclone("cat", f"s3:bench/{key}"),
                ["age", "-d", "-i", str(setting.holdfast.identity)], ["zstd", "-d", "-c", "-q"], ["sha256sum"],
            ], setting.peers.environment)
            return checked(figures, expected)

        def ours():
            command = setting.holdfast.command(
                "verify", plan, "latest", "--identity", str(setting.holdfast.identity))
            return checked(measure.run([command]), "stored and plain bytes")

        figures = measure.interleaved(
            {"holdfast": ours, "rclone cat | age -d | zstd -d | sha256sum": peer}, arguments.runs, setting.say)
        report = {"pipeline": measure.compare(figures.pop("holdfast"), figures), "sizeGiB": arguments.size,
                  "runs": arguments.runs, "machine": setting.machine}
    Report(report).write(arguments.json)


def checked(figures, expected):
    if expected not in figures["output"]:
        sys.exit(f"the download was not what was uploaded: {figures['output']!r} does not hold {expected!r}")
    return figures


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
