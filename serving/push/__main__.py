"""Validates exports and publishes them as the next version.

Only a blessed export is published, and only thresholds can bless one: pass
`--at-least arousal.ccc=0.5`, or write `thresholds.json` in the folder of served
models. `--promote` and `--roll-back` move the labels of published versions.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import sys
from collections.abc import Sequence

from serving import versions
from serving.push import pusher
from serving.push.validation import Budget, Thresholds
from zoo.common import cli, files

THRESHOLDS = "thresholds.json"


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command."""
    arguments = _parser().parse_args(argv)
    names = arguments.model
    if arguments.promote or arguments.roll_back:
        served = pathlib.Path(arguments.folders[-1])
        for name in names or versions.models(served):
            _move_labels(arguments, served / name)
        return
    if len(arguments.folders) != 2:
        raise cli.UsageError(
            "push needs the folder of exports and that of served models, such "
            f"as build/ models/. Received: {' '.join(arguments.folders)}"
        )
    build, served = map(pathlib.Path, arguments.folders)
    for name in names or versions.models(build):
        pushed = pusher.push(
            build / name,
            served / name,
            _thresholds(arguments, served, name),
            Budget(arguments.latency, arguments.memory),
            number=arguments.version,
            keep=arguments.keep,
            canary=arguments.canary,
        )
        if arguments.json:
            print(json.dumps(dataclasses.asdict(pushed)))
        else:
            print(f"{served / name / str(pushed.version)} is {pushed.label}")


def _move_labels(arguments: argparse.Namespace, base: pathlib.Path) -> None:
    if not versions.numbers(base):
        raise FileNotFoundError(f"{base} holds no version. Push a model first.")
    if arguments.promote:
        version = versions.promote(base)
    else:
        version = versions.roll_back(base, arguments.version)
    print(f"{base / str(version)} is {versions.STABLE}")


def _thresholds(
    arguments: argparse.Namespace, served: pathlib.Path, name: str
) -> Thresholds:
    """Returns the command line's thresholds, or else those of the file."""
    at_least, at_most = map(_bounds, (arguments.at_least, arguments.at_most))
    path = served / THRESHOLDS
    if at_least or at_most or not path.exists():
        return Thresholds(arguments.on, at_least, at_most, arguments.slack)
    content = files.read_json(path, "Write it again.")
    try:
        return Thresholds(**content.get(name, {}))
    except (TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} must map names of models to objects with some of "
            "evaluation, at_least, at_most and slack. Received something else "
            f"for {name!r}: {error}"
        ) from error


def _bounds(words: Sequence[str]) -> dict[str, float]:
    """Returns numbers by figure.

    Example:
        >>> _bounds(["arousal.ccc=0.5"])
        {'arousal.ccc': 0.5}
    """
    bounds = {}
    for word in words:
        figure, _, number = word.partition("=")
        try:
            bounds[figure] = float(number)
        except ValueError:
            raise cli.UsageError(
                "A threshold must be FIGURE=NUMBER, such as arousal.ccc=0.5. "
                f"Received: {word}"
            ) from None
    return bounds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.push", description=__doc__
    )
    parser.add_argument(
        "folders",
        nargs="+",
        help="of exports and of served models, such as build/ models/",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        help="name of a model; may be repeated (default: all)",
    )
    _add_validation(parser)
    _add_publishing(parser)
    return parser


def _add_validation(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the checks."""
    add = parser.add_argument
    add("--on", default="test", help="evaluation set (default: %(default)s)")
    for option, example in ("least", "ccc=0.5"), ("most", "rmse=0.3"):
        add(
            f"--at-{option}",
            action="append",
            default=[],
            metavar="FIGURE=NUMBER",
            help=f"such as arousal.{example}; may be repeated",
        )
    add(
        "--slack",
        type=float,
        default=0.0,
        help="by how much a figure may be worse than the live version's",
    )
    add(
        "--latency",
        type=float,
        default=1000.0,
        help="milliseconds that an answer may take (default: %(default)s)",
    )
    add(
        "--memory",
        type=float,
        default=4096.0,
        help="MiB that the model may take (default: %(default)s)",
    )


def _add_publishing(parser: argparse.ArgumentParser) -> None:
    """Adds the options of versions and labels."""
    add = parser.add_argument
    add("--version", type=int, help="number of the export, or to roll back to")
    add(
        "--keep",
        type=int,
        default=pusher.KEEP,
        help="unlabelled versions to keep (default: %(default)s)",
    )
    add(
        "--canary",
        action="store_true",
        help="label the version canary, and leave stable in place",
    )
    add(
        "--promote",
        action="store_true",
        help="make the canary the stable version",
    )
    add(
        "--roll-back",
        action="store_true",
        help="drop the canary or, without one, return to the version before",
    )
    add("--json", action="store_true", help="print JSON")


if __name__ == "__main__":
    sys.exit(main())
