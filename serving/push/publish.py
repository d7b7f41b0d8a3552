"""Validates exports, blesses them, and publishes them as the next version.

Nothing is published that is not blessed, and nothing is blessed without
thresholds: `--at-least arousal.ccc=0.5`, or `thresholds.json` in the folder of
served models. `--promote` and `--roll-back` move the labels of what is there.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

from serving import versions
from serving.export import metadata
from serving.push import validation
from zoo.common import cli

KEEP = 5
THRESHOLDS = "thresholds.json"


@dataclasses.dataclass(frozen=True)
class Pushed:
    """What became of one export."""

    model: str
    version: int
    label: str
    found: dict[str, Any]
    removed: list[int]


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    names = arguments.model
    if arguments.promote or arguments.roll_back:
        served = pathlib.Path(arguments.folders[-1])
        for name in names or versions.models(served):
            _move(arguments, served / name)
        return
    if len(arguments.folders) != 2:
        raise cli.UsageError(
            "push needs the folder of exports and that of served models, such "
            f"as build/ models/. Received: {' '.join(arguments.folders)}"
        )
    build, served = map(pathlib.Path, arguments.folders)
    for name in names or versions.models(build):
        rules = _rules(arguments, served, name)
        done = push(
            build / name,
            served / name,
            rules,
            validation.Budget(arguments.latency, arguments.memory),
            number=arguments.version,
            keep=arguments.keep,
            canary=arguments.canary,
        )
        if arguments.json:
            print(json.dumps(dataclasses.asdict(done)))
        else:
            print(f"{served / name / str(done.version)} is {done.label}")


def push(
    source: pathlib.Path,
    base: pathlib.Path,
    rules: validation.Rules,
    budget: validation.Budget = validation.Budget(),
    number: int | None = None,
    keep: int = KEEP,
    canary: bool = False,
) -> Pushed:
    """Validates one export and publishes it.

    Args:
        source: an exported model's folder of numbers.
        base: a served model's folder of versions.
        rules: what the figures must be.
        budget: what the model may need.
        number: of the export; the newest by default.
        keep: how many versions without a label stay.
        canary: label it "canary" and leave "stable" where it is.

    Raises:
        ValueError: it was not blessed, and so not published.
        FileNotFoundError: there is no such export.
    """
    export = _export(source, number)
    if not rules:
        raise ValueError(
            f"{export} was not blessed: there are no thresholds. Give some, "
            f"such as --at-least arousal.ccc=0.5, or write {THRESHOLDS} in "
            f"{base.parent}."
        )
    digest = versions.digest(export)
    with versions.locked(base):
        live = versions.live(base)
        evaluated = validation.model(export, live, rules)
        validation.bless(export, "model", evaluated, digest, live)
        infra = validation.infra(export, budget)
        validation.bless(export, "infra", infra, digest)
        faults = [*evaluated.faults, *infra.faults]
        if faults or not all(
            validation.blessed(export, check, digest)
            for check in validation.COMPONENTS
        ):
            raise ValueError(
                f"{export} was not blessed and not published: "
                f"{'; '.join(faults)}."
            )
        version, label = versions.release(export, base, digest, canary)
        removed = versions.prune(base, keep)
    found = {"model": evaluated.found, "infra": infra.found}
    _record(export, base / str(version))
    return Pushed(base.name, version, label, found, removed)


def _export(source: pathlib.Path, number: int | None) -> pathlib.Path:
    """The folder of an export, of the newest by default."""
    held = versions.numbers(source)
    if not held:
        raise FileNotFoundError(
            f"{source} holds no export. Write one: python -m serving.export "
            f"{source.name} --out {source.parent}"
        )
    return versions.folder(source, number or held[-1])


def _record(export: pathlib.Path, target: pathlib.Path) -> None:
    """What TFX's Pusher tells of a model, beside the export."""
    folder = export.parent / "Pusher" / "pushed_model" / export.name
    folder.mkdir(parents=True, exist_ok=True)
    metadata.write_json(
        folder / "pushed.json",
        {
            "pushed": 1,
            "pushed_destination": str(target),
            "pushed_version": target.name,
        },
    )


def _move(arguments: argparse.Namespace, base: pathlib.Path) -> None:
    if not versions.numbers(base):
        raise FileNotFoundError(f"{base} holds no version. Push a model first.")
    if arguments.promote:
        version = versions.promote(base)
    else:
        version = versions.roll_back(base, arguments.version)
    print(f"{base / str(version)} is {versions.STABLE}")


def _rules(
    arguments: argparse.Namespace, served: pathlib.Path, name: str
) -> validation.Rules:
    """Thresholds of the command line, or else those kept with the models."""
    least, most = map(_bounds, (arguments.at_least, arguments.at_most))
    path = served / THRESHOLDS
    if least or most or not path.exists():
        return validation.Rules(arguments.on, least, most, arguments.slack)
    try:
        known = json.loads(path.read_text("utf-8")).get(name, {})
        return validation.Rules(**known)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} must map names of models to objects with some of "
            "evaluation, at_least, at_most and slack. Received something else "
            f"for {name!r}: {error}"
        ) from error


def _bounds(words: Sequence[str]) -> dict[str, float]:
    found = {}
    for word in words:
        name, _, number = word.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            raise cli.UsageError(
                "A threshold must be FIGURE=NUMBER, such as arousal.ccc=0.5. "
                f"Received: {word}"
            ) from None
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.push", description=__doc__
    )
    add = parser.add_argument
    add("folders", nargs="+", help="of exports (build/), of models (models/)")
    add("--model", action="append", default=[], help="one (default: all)")
    add("--version", type=int, help="of the export, or to roll back to")
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
    add("--latency", type=float, default=1000.0, help="ms (%(default)s)")
    add("--memory", type=float, default=4096.0, help="MiB (%(default)s)")
    add("--keep", type=int, default=KEEP, help="old versions (%(default)s)")
    add("--canary", action="store_true", help="leave the stable one in place")
    add("--promote", action="store_true", help="the canary becomes stable")
    add("--roll-back", action="store_true", help="to what was stable before")
    add("--json", action="store_true", help="for machines")
    return parser


if __name__ == "__main__":
    sys.exit(main())
