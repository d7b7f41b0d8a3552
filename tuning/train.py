"""Trains a model as its paper configures it, with several seeds.

`python -m tuning.train NAME` runs on a simulated corpus; with `--corpus` and
`--data` on yours. The same command goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import keras_tuner

from pipelines.corpora.base import Corpus
from tuning import opening, options, report, spaces
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
    open_once = functools.lru_cache(maxsize=1)(opening.open_corpus)
    for arguments in options.each(parser.parse_args(argv)):
        run(arguments, Progress(), open_once)


def run(
    arguments: argparse.Namespace,
    progress: Progress,
    open_corpus: Callable[..., Corpus],
) -> None:
    """One training and its report."""
    configurations = {
        target: configure(arguments.name, target, arguments.set)
        for target in opening.targets(arguments.name)
    }
    experiment, out = options.prepare(
        arguments, progress, open_corpus
    )
    seeds = options.seeds(arguments)
    content = finish(experiment, configurations, out, seeds, progress)
    report.print_run(content, out, arguments.json)


def configure(
    model: str, target: str, changes: Sequence[str] = ()
) -> Configuration:
    """A model's default configuration with some values changed.

    Args:
        model: with a search space.
        target: to predict.
        changes: "NAME=VALUE" of hyper-parameters of the space.

    Raises:
        UsageError: no such hyper-parameter, or no value of it.
    """
    hp = keras_tuner.HyperParameters()
    space = spaces.space(model)
    space(hp, target)
    for change in changes:
        name, _, text = change.partition("=")
        if name not in hp.values:
            raise command.UsageError(
                f"--set {change}: {model} has no hyper-parameter {name!r}. "
                f"Known: {', '.join(sorted(hp.values))}."
            )
        hp.values[name] = _value(change, text, hp.values[name])
    return space(hp, target)


def hyper_parameters(model: str, target: str) -> dict[str, Any]:
    """The default of every hyper-parameter of a model's space, by name."""
    hp = keras_tuner.HyperParameters()
    spaces.space(model)(hp, target)
    return dict(hp.values)


def _value(change: str, text: str, default: Any) -> Any:
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        if text in ("true", "false"):
            return text == "true"
        raise command.UsageError(
            f"--set {change}: the value must be true or false. Received: "
            f"{text!r}"
        )
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
