"""`Tests/bench memory`: the peak memory of a whole backup, of a size that is not kept anywhere."""
import json
import os
import pathlib
import platform
import shutil
import tempfile

import measure
from holdfast import Holdfast
from servers import Source, Store, raft_archive


def run(arguments):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    store = Store(folder)
    size = int(arguments.size * (1 << 30))
    source = Source({}, {Source.SNAPSHOT: lambda: raft_archive(size)})
    try:
        store.make("bench")
        holdfast = Holdfast(store, folder)
        figures = measure.run([holdfast.command("backup", holdfast.plan("bench", source))])
    finally:
        source.stop()
        store.stop()
        shutil.rmtree(folder, ignore_errors=True)
    figures = {name: figures[name] for name in ("wall", "cpu", "peakMiB")} | {
        "sizeGiB": arguments.size, "machine": f"{platform.machine()}, {os.cpu_count()} cores"}
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"a backup of {arguments.size:g} GiB at the defaults: peak memory {figures['peakMiB']:.1f} MiB, "
              f"{figures['wall']:.1f} s wall, {figures['cpu']:.1f} s CPU ({figures['machine']})")
