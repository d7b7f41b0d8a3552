"""Trains a model as its paper configures it, with several seeds.

`python -m tuning.train NAME` runs on a simulated corpus; with `--corpus` and
`--data` on yours. The same command goes on where it was interrupted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import keras_tuner

import zoo
from tuning import options, report, spaces
from tuning.experiment import dimensions
from tuning.fits import Configuration
from tuning.progress import Progress
from tuning.run import finish
from zoo import command


def main(argv: Sequence[str] | None = None) -> None:
    parser = options.parser("train", __doc__)
    options.add_experiment(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value for one of the space's hyper-parameters, such as "
        "learning_rate=0.002; may be repeated",
    )
    arguments = parser.parse_args(argv)
    configurations = {
        dimension: configure(arguments.name, dimension, arguments.set)
        for dimension in dimensions(zoo.card(arguments.name))
    }
    progress = Progress()
    experiment, out = options.prepare(arguments, progress)
    seeds = options.seeds(arguments)
    content = finish(experiment, configurations, out, seeds, progress)
    report.print_run(content, out, arguments.json)


def configure(
    model: str, dimension: str, changes: Sequence[str] = ()
) -> Configuration:
    """A model's default configuration with some values changed.

    Args:
        model: with a search space.
        dimension: to predict.
        changes: "NAME=VALUE" of hyper-parameters of the space.

    Raises:
        UsageError: no such hyper-parameter, or no value of it.
    """
    hp = keras_tuner.HyperParameters()
    space = spaces.space(model)
    space(hp, dimension)
    for change in changes:
        name, _, text = change.partition("=")
        if name not in hp.values:
            raise command.UsageError(
                f"--set {change}: {model} has no hyper-parameter {name!r}. "
                f"Known: {', '.join(sorted(hp.values))}."
            )
        hp.values[name] = _value(change, text, hp.values[name])
    return space(hp, dimension)


def _value(change: str, text: str, default: Any) -> Any:
    if isinstance(default, str):
        return text
    kind = "a whole number" if isinstance(default, int) else "a number"
    try:
        value = json.loads(text)
        if type(default)(value) == value and not isinstance(value, bool):
            return type(default)(value)
    except (ValueError, TypeError, OverflowError):
        pass
    raise command.UsageError(
        f"--set {change}: the value must be {kind}. Received: {text!r}"
    )


def cli() -> int:
    """The console script."""
    return command.run(main)


if __name__ == "__main__":
    sys.exit(cli())
