"""Generated parts of Markdown files, between two marker comments.

The part called `models` stands between the lines `<!-- models -->` and
`<!-- /models -->`. The commands `python -m zoo readme` and `python -m pipelines
readme` share what is here.
"""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Callable, Iterable, Sequence

from zoo.common import files


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a Markdown table; `|` in cells is escaped.

    Example:
        >>> print(table(["name", "hop"], [["recola", "40 ms"]]))
        | name | hop |
        | --- | --- |
        | recola | 40 ms |
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
        for cells in lines
    )


def extract(text: str, name: str) -> str:
    """Returns the part between the markers called `name`.

    Raises:
        ValueError: a marker is missing or stands there twice.
    """
    return _split(text, name)[1]


def replace(text: str, name: str, content: str) -> str:
    """Returns the text with the part called `name` replaced.

    Raises:
        ValueError: a marker is missing or stands there twice.

    Example:
        >>> print(replace("<!-- a -->\\nold\\n<!-- /a -->", "a", "new"))
        <!-- a -->
        new
        <!-- /a -->
    """
    before, _, after = _split(text, name)
    return f"{before}\n{content}\n{after}"


def _split(text: str, name: str) -> tuple[str, str, str]:
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if text.count(start) != 1 or text.count(end) != 1:
        raise ValueError(
            f"The text must hold the lines {start} and {end} once each. "
            f"Received: {text.count(start)} and {text.count(end)}."
        )
    before, rest = text.split(start)
    if end not in rest:
        raise ValueError(f"{end} must come after {start}.")
    content, after = rest.split(end)
    return before + start, content.strip("\n"), end + after


def run(
    argv: Sequence[str], prog: str, name: str, generate: Callable[[], str]
) -> int:
    """Runs a `readme` command: prints, compares or rewrites one part.

    Args:
        argv: the arguments after `readme`.
        prog: how the command is called.
        name: of the part between the markers.
        generate: returns the part's content.

    Returns:
        The exit code: 1 if `--check` finds a difference.

    Raises:
        ValueError: the file lacks the markers.
    """
    parser = argparse.ArgumentParser(
        prog=prog, description=f"Prints the generated table of {name}."
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--check",
        type=pathlib.Path,
        metavar="PATH",
        help="exit with 1 if the table in this file is another one",
    )
    group.add_argument(
        "--write",
        type=pathlib.Path,
        metavar="PATH",
        help="rewrite the table in this file",
    )
    arguments = parser.parse_args(argv)
    path = arguments.check or arguments.write
    if path is None:
        print(generate())
        return 0
    text = path.read_text("utf-8")
    updated = replace(text, name, generate())
    if arguments.check and updated != text:
        raise ValueError(
            f"The table of {name} in {path} is out of date. Run: {prog} "
            f"--write {path}"
        )
    if arguments.write:
        files.write_text(path, updated)
    return 0
