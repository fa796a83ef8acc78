"""`Tests/bench upload`: from a local HTTP source to SeaweedFS."""
import itertools
import sys

import measure
from report import Report
from setting import Setting


def run(arguments):
    with Setting(arguments) as setting:
        contenders = {
            "raw": raw(setting), "pipeline": pipeline(setting),
            "backup": {"holdfast": lambda: backup(setting)} if not arguments.skip_backup else {}}
        figures = {name: measure.interleaved(those, arguments.runs, setting.say)
                   for name, those in contenders.items() if those}
        report = {name: measure.compare(those.pop("holdfast"), those)
                  for name, those in figures.items() if len(those) > 1}
        if "backup" in figures:
            report["backup"] = figures["backup"]["holdfast"]
        report |= {"sizeGiB": arguments.size, "runs": arguments.runs, "machine": setting.machine}
    Report(report).write(arguments.json)


buckets = (f"bench-{number}" for number in itertools.count())


def uploading(setting, stages, feeder, environment=None, size=None):
    """One upload into a bucket of its own. stages: a callable from the bucket to a pipeline."""
    bucket = next(buckets)
    setting.store.make(bucket)
    figures = measure.run(stages(bucket), environment, feeder=feeder)
    sizes = [stored for key, stored in setting.store.objects(bucket).items() if not key.endswith(".json")]
    smallest = size or setting.size
    if len(sizes) != 1 or not smallest <= sizes[0] <= smallest * 1.01 + 4096:
        sys.exit(f"{stages(bucket)} left objects of {sizes} bytes and not one of {smallest}")
    setting.store.remove(bucket)
    return figures


def raw(setting):
    def peer(command):
        return lambda: uploading(
            setting, lambda bucket: [setting.peers.curl(setting.url), command(bucket, "object")], 1,
            setting.peers.environment, setting.size)

    def ours():
        return uploading(setting, lambda bucket: [
            setting.holdfast.upload(setting.holdfast.plan(bucket, setting.source, isRaw=True), setting.url)], 0)

    return {"holdfast": ours} | {name: peer(command) for name, command in setting.peers.uploads.items()}


def pipeline(setting):
    def peer():
        return uploading(setting, lambda bucket: [
            setting.peers.curl(setting.url), ["zstd", "-3", "-c", "-q"], ["age", "-r", setting.holdfast.recipient],
            setting.peers.rclone("rcat", f"s3:{bucket}/object")], 1, setting.peers.environment)

    def ours():
        return uploading(setting, lambda bucket: [
            setting.holdfast.upload(setting.holdfast.plan(bucket, setting.source), setting.url)], 0)

    return {"holdfast": ours, "curl | zstd -3 | age | rclone rcat": peer}


def backup(setting):
    """The whole program with a real source: a Raft snapshot of the same size, checked as it passes."""
    return uploading(setting, lambda bucket: [
        setting.holdfast.command("backup", setting.holdfast.plan(bucket, setting.source))], 0)
