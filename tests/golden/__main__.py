"""`python -m tests.golden NAME` writes a model's golden file anew."""

from __future__ import annotations

import argparse
import json
from typing import Any

from . import FOLDER, GIVEN, describe


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.golden", description=__doc__
    )
    parser.add_argument("names", nargs="+", metavar="NAME")
    for part, default in GIVEN.items():
        parser.add_argument(
            f"--{part.replace('_', '-')}",
            type=json.loads,
            help=f"JSON (default: as the file has it, or else {default})",
        )
    arguments = vars(parser.parse_args())
    for name in arguments.pop("names"):
        write(name, arguments)


def write(name: str, asked: dict[str, Any]) -> None:
    """Writes the golden file of a model."""
    path = FOLDER / f"{name}.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    given = {
        part: kept.get(part, default) if asked[part] is None else asked[part]
        for part, default in GIVEN.items()
    }
    content = {**given, **describe(name, given["lengths"])}
    path.write_text(layout(content), "utf-8")


def layout(content: dict[str, Any]) -> str:
    """JSON with a line for every weight and port."""
    parts = []
    for key, value in content.items():
        text = json.dumps(value)
        if isinstance(value, dict):
            lines = (f'\n    "{k}": {json.dumps(v)}' for k, v in value.items())
            text = "{" + ",".join(lines) + "\n  }"
        parts.append(f'  "{key}": {text}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    main()
