"""`Tests/bench files`: the peak memory of a backup of many small files, in one folder, to a folder."""
import json
import os
import pathlib
import platform
import shutil
import sys
import tempfile

import measure


def run(arguments):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    try:
        source = folder / "source"
        source.mkdir()
        content = os.urandom(arguments.bytes)
        for number in range(arguments.files):
            (source / f"file-{number:08}").write_bytes(content)
        plan = {"planVersion": 1, "policy": {"namespace": "bench", "name": "files"}, "spec": {
            "sources": [{"name": "all", "files": {"paths": [str(source)]}}],
            "target": {"provider": "filesystem", "filesystem": {"path": str(folder / "target")}},
            "encryption": {"none": {"acknowledged": True}}}}
        (folder / "plan.json").write_text(json.dumps(plan))
        (folder / "target").mkdir()
        command = [os.environ["HOLDFAST"], "backup", "--plan", str(folder / "plan.json"), "--mounts", str(folder),
                   "--result", str(folder / "result.json")]
        figures = measure.run([command], {})
        facts = json.loads((folder / "result.json").read_text())["facts"]["all"]
        if facts["files"] != str(arguments.files):
            sys.exit(f"{facts['files']} files in the backup in place of {arguments.files}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = {name: figures[name] for name in ("wall", "cpu", "peakMiB")} | {
        "files": arguments.files, "machine": f"{platform.machine()}, {os.cpu_count()} cores"}
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"a backup of {arguments.files} files of {arguments.bytes} bytes at the defaults: peak memory "
              f"{figures['peakMiB']:.1f} MiB, {figures['wall']:.1f} s wall, {figures['cpu']:.1f} s CPU ({figures['machine']})")
