"""What upload and download need: the data, both servers, all contenders, in a folder of its own."""
import os
import pathlib
import shutil
import sys
import tempfile

import measure
from holdfast import Holdfast
from peers import Peers
from servers import Source, Store, raft_archive


class Setting:
    def __init__(self, arguments):
        self.size = int(arguments.size * (1 << 30))
        self.machine = measure.machine()

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-", dir=self.place()))
        self.store = None
        try:
            self.data = self.folder / "data"
            self.snapshot = self.folder / "raft.snap"
            with open(self.data, "wb") as file:
                for _ in range(0, self.size, 1 << 20):
                    file.write(os.urandom(1 << 20))
                file.truncate(self.size)
            with open(self.snapshot, "wb") as file:
                file.writelines(raft_archive(self.size))
            self.source = Source({"/data": self.data, Source.SNAPSHOT: self.snapshot})
            self.url = f"{self.source.address}/data"
            self.store = Store(self.folder)
            self.peers = Peers(self.store, self.folder)
            self.holdfast = Holdfast(self.store, self.folder)
            return self
        except BaseException:
            self.__exit__()
            raise

    def place(self):
        """In memory where there is room for data, snapshot and what the store keeps: a disk that is shared or flushes
        decides about wall times more than any client."""
        memory = pathlib.Path("/dev/shm")
        if memory.is_dir():
            free = shutil.disk_usage(memory).free
            available = next((int(line.split()[1]) << 10 for line in open("/proc/meminfo")
                              if line.startswith("MemAvailable")), 0)
            if min(free, available) > 6 * self.size + (2 << 30):
                return str(memory)
        return None

    def __exit__(self, *_):
        if self.store:
            self.store.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def say(text):
        print(text, file=sys.stderr, flush=True)
