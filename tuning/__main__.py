"""`python -m tuning` lists the commands of this package."""

from __future__ import annotations

import sys

from zoo.common import cli

COMMANDS = (
    "search",
    "train",
    "evaluate",
    "crosscorpus",
    "fuse",
    "tables",
    "baselines",
    "package",
)

if __name__ == "__main__":
    sys.exit(cli.print_commands("tuning", COMMANDS))
