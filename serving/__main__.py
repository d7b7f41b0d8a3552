"""`python -m serving` lists the commands of this package."""

from __future__ import annotations

import sys

from zoo.common import cli

COMMANDS = ("export", "push", "config", "serve", "client")

if __name__ == "__main__":
    sys.exit(cli.print_commands("serving", COMMANDS))
