"""Publishes one export again and again, until the process is killed.

    python publish_forever.py EXPORT BASE

Each version is labelled and all but one old one removed. "ready" on stdout
says that it begins. The packages' own imports (Keras) are left out, so that
it begins soon.
"""

from __future__ import annotations

import pathlib
import sys
import types

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> None:
    for name in ("zoo", "serving"):
        package = types.ModuleType(name)
        package.__path__ = [str(ROOT / name)]
        sys.modules[name] = package
    from serving import versions

    export, base = map(pathlib.Path, sys.argv[1:])
    digest = versions.digest(export)
    print("ready", flush=True)
    while True:
        with versions.locked(base):
            versions.release(export, base, digest, False)
            versions.prune(base, 1)


if __name__ == "__main__":
    main()
