"""Kills a process that publishes, at random moments: is half ever visible?

    python tests/bench/bench_push.py --kills 200

A process publishes versions of the same export, labels each and removes old
ones as fast as it can. It is killed with SIGKILL at random moments, between
and during publishes, while this process looks on all the time. Every version
that is ever visible must hold all of the export, byte by byte, and the label
must name a version that is there.
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import random
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "support"), str(TESTS.parent)]

import publish_forever  # noqa: E402
import served  # noqa: E402

from serving import versions  # noqa: E402


def look(base: pathlib.Path, expected: str) -> dict[str, int]:
    """Counts the versions seen and those of them that are not whole."""
    seen = halves = 0
    for number in versions.numbers(base):
        try:
            digest = versions.digest(base / str(number))
        except FileNotFoundError:
            continue  # it was removed while it was read
        if (base / str(number)).exists():
            seen += 1
            halves += digest != expected
    return {"seen": seen, "halves": halves}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    kills = parser.parse_args().kills
    source = random.Random(0)
    looks: collections.Counter[str] = collections.Counter()
    unlabelled = 0
    with tempfile.TemporaryDirectory() as folder:
        export = served.export(pathlib.Path(folder) / "build" / "summing" / "1")
        base = pathlib.Path(folder) / "models" / "summing"
        expected = versions.digest(export)
        for _ in range(kills):
            process = subprocess.Popen(
                [sys.executable, publish_forever.__file__, export, base],
                stdout=subprocess.PIPE,
            )
            process.stdout.readline()
            until = time.monotonic() + source.uniform(0, 0.15)
            while time.monotonic() < until:
                looks.update(look(base, expected))
            process.kill()
            process.communicate()
            looks.update(look(base, expected))
            named = {*versions.labels(base).values()}
            unlabelled += not named <= {*versions.numbers(base)}
        last = max(versions.numbers(base))
    print(
        f"{kills} kills during {last} publishes: {looks['seen']} looks at "
        f"versions, {looks['halves']} of them half, "
        f"{unlabelled} labels without a version"
    )


if __name__ == "__main__":
    main()
