"""The measuring half of Tests/bench: whole-process figures of the programs that $HOLDFAST and $HOLDFAST_BENCH name."""
import argparse

import download
import etcd
import files
import memory
import operators
import resources
import upload


def main():
    parser = argparse.ArgumentParser(prog="Tests/bench")
    commands = parser.add_subparsers(required=True)
    for name, module, size in (
            ("memory", memory, 2.0), ("upload", upload, 1.0), ("download", download, 1.0), ("etcd", etcd, 1.0)):
        command = commands.add_parser(name)
        command.add_argument("--size", type=float, default=size, help="GiB")
        command.add_argument("--json", action="store_true")
        if name != "memory":
            command.add_argument("--runs", type=int, default=5)
        if name == "upload":
            command.add_argument("--skip-backup", action="store_true", help="leave out the Raft snapshot")
        command.set_defaults(run=module.run)
    command = commands.add_parser("resources")
    command.add_argument("--objects", type=int, default=50_000)
    command.add_argument("--bytes", type=int, default=2_000, help="of each object")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=resources.run)
    command = commands.add_parser("files")
    command.add_argument("--files", type=int, default=50_000)
    command.add_argument("--bytes", type=int, default=2_000, help="of each file")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=files.run)
    command = commands.add_parser("operator")
    command.add_argument("--policies", type=int, default=1_000)
    command.add_argument("--backups", type=int, default=10, help="that each policy has already")
    command.add_argument("--steady", type=int, default=180, help="seconds for which nothing changes")
    command.add_argument("--preflights", action="store_true", help="with the Jobs that try targets")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=operators.run)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
