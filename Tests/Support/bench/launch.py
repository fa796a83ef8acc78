"""launch.py DESCRIPTOR COMMAND...: runs a command and writes what the kernel says that it took, as JSON.

The peak memory that the kernel keeps for a process begins with that of the process that started it: this one is small,
where the benchmark is not.
"""
import json
import os
import sys

descriptor = int(sys.argv[1])
os.set_inheritable(descriptor, False)
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
os.write(descriptor, json.dumps({"user": usage.ru_utime, "system": usage.ru_stime, "peakKiB": usage.ru_maxrss}).encode())
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
