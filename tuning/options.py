"""Words that the command lines share, and what they stand for."""

from __future__ import annotations

import argparse
import pathlib
from typing import Any

import pipelines
import zoo
from pipelines.corpora.base import Corpus
from tuning import files
from tuning.experiment import Experiment
from tuning.progress import Progress
from tuning.recipes import recipe


def parser(prog: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with the shared words."""
    made = argparse.ArgumentParser(
        prog=f"python -m tuning.{prog}", description=description
    )
    made.add_argument("--json", action="store_true", help="for machines")
    return made


def add_experiment(made: argparse.ArgumentParser) -> None:
    """Adds what says which experiment to run."""
    made.add_argument("name", help="of a model; `python -m zoo` lists them")
    made.add_argument(
        "--corpus",
        default="simulated",
        help="`python -m pipelines` lists them (default: %(default)s)",
    )
    made.add_argument("--data", help="folder of your copy of the corpus")
    made.add_argument("--out", help="folder of the run")
    made.add_argument("--epochs", type=positive, help="at most")
    made.add_argument(
        "--seeds", type=positive, help="networks to average the predictions of"
    )
    made.add_argument("--seed", type=natural, default=0, help="the first one")
    made.add_argument(
        "--fresh", action="store_true", help="start over, do not resume"
    )


def positive(text: str) -> int:
    """An integer of at least 1, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


def natural(text: str) -> int:
    """An integer of at least 0, for argparse."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be at least 0, not {value}")
    return value


def prepare(
    arguments: argparse.Namespace, progress: Progress
) -> tuple[Experiment, pathlib.Path]:
    """Opens the corpus and the run's folder.

    Nothing is written to it, nor removed by --fresh, before every recording
    has been read.

    Returns:
        The experiment, its recordings read, and the folder.

    Raises:
        ValueError: the folder belongs to another experiment.
    """
    zoo.card(arguments.name)
    pipelines.corpora.find(arguments.corpus)
    default = f"runs/{arguments.name}-{arguments.corpus}"
    out = pathlib.Path(arguments.out or default)
    corpus = open_corpus(arguments.corpus, arguments.data, out.parent)
    files.make_folder(out)
    wanted = identity(arguments, corpus)
    if not arguments.fresh:
        check_claim(out, wanted)
    experiment = Experiment(
        arguments.name,
        corpus,
        arguments.epochs,
        progress.show,
    )
    if arguments.fresh:
        files.start_over(out)
    if not (out / "config.json").exists():
        files.write_json(out / "config.json", wanted)
    return experiment, out


def open_corpus(
    name: str, data: str | None, beside: pathlib.Path = pathlib.Path("runs")
) -> Corpus:
    """The corpus of `--corpus` and `--data`.

    The simulated one needs no data: it is written to a folder of its own.
    """
    if data is None:
        if not pipelines.corpora.find(name).simulated:
            raise ValueError(
                f"--corpus {name} needs --data, the folder of your copy. "
                f"`python -m pipelines {name}` says how to get one."
            )
        data = str(beside / "simulated")
    return pipelines.corpus(name, data)


def identity(
    arguments: argparse.Namespace, corpus: Corpus
) -> dict[str, Any]:
    """What two commands must share to go on with each other's fits."""
    return {
        "model": arguments.name,
        "corpus": arguments.corpus,
        "data": str(pathlib.Path(corpus.root).resolve()),
        "epochs": arguments.epochs or recipe(arguments.name).epochs,
    }


def check_claim(out: pathlib.Path, wanted: dict[str, Any]) -> None:
    """Refuses a folder that belongs to another experiment.

    Raises:
        ValueError: it holds a run of one.
    """
    path = out / "config.json"
    if not path.exists():
        return
    found = files.read_json(path)
    for name, value in wanted.items():
        if found.get(name) != value:
            raise ValueError(
                f"--out {out} holds a run with {name}={found.get(name)!r}, "
                f"not {value!r}. Name another folder, or add --fresh to "
                "replace it."
            )


def seeds(arguments: argparse.Namespace) -> list[int]:
    """The seeds of the networks to average."""
    count = arguments.seeds or recipe(arguments.name).seeds
    return [arguments.seed + place for place in range(count)]
