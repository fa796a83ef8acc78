"""Runs the command in the arguments on a terminal of its own and types $TEST_PASSPHRASE at each prompt."""

import os
import pty
import sys

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
passphrase = os.environ["TEST_PASSPHRASE"].encode() + b"\n"
seen = b""
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:  # Linux answers EIO where other systems answer with the end of the file.
        break
    if not piece:
        break
    seen += piece
    if seen.rstrip(b"\x1b[0mK").endswith(b": ") and b"passphrase" in seen.lower():
        os.write(terminal, passphrase)
        seen = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
