"""Words that the command lines share, and what they stand for."""

from __future__ import annotations

import argparse
import hashlib
import json
import pathlib
from collections.abc import Callable
from typing import Any

import zoo
from pipelines import corpora
from pipelines.corpora.base import Corpus
from pipelines.simulation.folders import MANIFEST
from tuning.experiments.base import Experiment
from tuning.experiments.factory import TASKS, Choices, open_experiment
from tuning.protocols.names import PROTOCOLS
from tuning.runs import workspace
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import files

CHOICES = ("modalities", "classes", "task", "protocol")
"""What only some models ask about."""
DIGEST = "utterances"
"""Of a run's config: changes with whatever a corpus says of its utterances."""
MODALITY_SETS = ("t", "a", "v", "ta", "tv", "av", "tav")


def parser(prog: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with the shared words."""
    made = argparse.ArgumentParser(
        prog=f"python -m tuning.{prog}", description=description
    )
    made.add_argument("--json", action="store_true", help="for machines")
    return made


def add_experiment(made: argparse.ArgumentParser) -> None:
    """Adds what says which experiment to run."""
    made.add_argument(
        "name",
        help="of a model, or a pattern such as 'mosei_*'; `python -m zoo` "
        "lists them",
    )
    made.add_argument(
        "--corpus",
        help="`python -m pipelines` lists them (default: the paper's, or a "
        "simulated one without --data)",
    )
    made.add_argument("--data", help="folder of your copy of the corpus")
    made.add_argument(
        "--modalities",
        help="of a model of words: any of t, a, v, or all for each of the "
        "seven sets (default: those that the corpus has)",
    )
    add_folds(made)
    add_classes(made)
    made.add_argument("--out", help="folder of the run")
    made.add_argument("--epochs", type=positive, help="at most")
    made.add_argument(
        "--seeds", type=positive, help="networks to average the predictions of"
    )
    made.add_argument("--seed", type=natural, default=0, help="the first one")
    made.add_argument(
        "--fresh", action="store_true", help="start over, do not resume"
    )


def add_folds(made: argparse.ArgumentParser) -> None:
    """Adds which part and split of a corpus to take, where it has several."""
    made.add_argument(
        "--folds",
        help="of a corpus that has several: mosei's standard or paper "
        "(default: standard)",
    )
    add_dataset(made)


def add_dataset(made: argparse.ArgumentParser) -> None:
    """Adds which utterances of IEMOCAP to take."""
    made.add_argument(
        "--dataset",
        help="of iemocap: IEMO_dataset1, or IEMO_dataset2, whose happy ones "
        "include the excited",
    )


def add_classes(made: argparse.ArgumentParser) -> None:
    """Adds what is told apart, and who is tested, of utterances."""
    made.add_argument(
        "--classes",
        help="of a model of emotions: those to tell apart, as in angry,sad; "
        "or all (default: the model's own where the corpus has them)",
    )
    made.add_argument(
        "--task",
        help="of a model of one task: arousal, valence or dominance, or all "
        "for each by itself (default: arousal)",
    )
    add_protocol(made)


def add_protocol(made: argparse.ArgumentParser, of: str = "") -> None:
    """Adds who is tested by whom; `of` says what it is for."""
    made.add_argument(
        "--protocol",
        choices=sorted(PROTOCOLS),
        help=f"{of}who is tested by whom (default: the paper's on its own "
        "corpus; elsewhere the corpus' own partition, else folds by session "
        "for emotions, else the paper's: a speaker left out for emotions, "
        "speakers dealt to five folds for dimensions)",
    )


def add_set(made: argparse.ArgumentParser, what: str) -> None:
    """Adds values of hyper-parameters, of which the help says `what`."""
    made.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"{what}; may be repeated",
    )


def each(arguments: argparse.Namespace) -> list[argparse.Namespace]:
    """The runs of a command: of a model, a set of modalities, a task each.

    Where there are several, `--out` is the folder that holds theirs.

    Raises:
        UsageError: no such model.
    """
    names = zoo.names(arguments.name) or [zoo.card(arguments.name).name]
    is_all = arguments.modalities == "all"
    sets = MODALITY_SETS if is_all else (arguments.modalities,)
    tasks = TASKS if arguments.task == "all" else (arguments.task,)
    runs = [
        argparse.Namespace(
            **{
                **vars(arguments),
                "name": name,
                "modalities": letters,
                "task": task,
            }
        )
        for name in names
        for letters in sets
        for task in tasks
    ]
    if len(runs) > 1 and arguments.out:
        for run in runs:
            run.out = str(pathlib.Path(arguments.out) / run_name(run))
    return runs


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
    arguments: argparse.Namespace,
    progress: Progress,
    open_corpus: Callable[..., Corpus],
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
    name = corpus_name(arguments)
    corpora.find(name)
    out = pathlib.Path(arguments.out or f"runs/{run_name(arguments)}")
    corpus = open_corpus(
        name,
        arguments.data,
        out.parent,
        folds=arguments.folds,
        dataset=arguments.dataset,
    )
    workspace.make_folder(out)
    wanted = identity(arguments, corpus)
    if not arguments.fresh:
        check_claim(out, wanted)
    choices = Choices(
        **{name: getattr(arguments, name) for name in CHOICES},
        features=out.parent / "features",
    )
    experiment = open_experiment(
        arguments.name, corpus, arguments.epochs, progress, choices
    )
    for remark in experiment.remarks():
        progress.say(remark)
    if arguments.fresh:
        workspace.start_over(out)
    if not (out / "config.json").exists():
        files.write_json(out / "config.json", wanted)
    return experiment, out


def corpus_name(arguments: argparse.Namespace) -> str:
    """The corpus asked for: by default the paper's where there is data.

    Data that the simulator made are its corpus.
    """
    real, simulated = recipe(arguments.name).corpus
    if arguments.corpus:
        return arguments.corpus
    made = pathlib.Path(arguments.data or "") / MANIFEST
    return simulated if not arguments.data or made.exists() else real


def run_name(arguments: argparse.Namespace) -> str:
    """The name of a run's folder: model, task, modalities, corpus, folds."""
    corpus, letters = corpus_name(arguments), arguments.modalities
    known = getattr(corpora.find(corpus), "modalities", {})
    if letters and set(letters) == set(known):
        letters = None
    said = vars(arguments)
    rest = [said.get(n) for n in ("folds", "dataset", "classes", "protocol")]
    parts = (arguments.name, said.get("task"), letters, corpus, *rest)
    return "-".join(filter(None, parts)).replace(",", "_")


def identity(arguments: argparse.Namespace, corpus: Corpus) -> dict[str, Any]:
    """What two commands must share to go on with each other's fits."""
    return {
        "model": arguments.name,
        **source(arguments, corpus),
        "epochs": arguments.epochs or recipe(arguments.name).epochs,
        **{name: getattr(arguments, name) for name in CHOICES},
    }


def source(arguments: argparse.Namespace, corpus: Corpus) -> dict[str, Any]:
    """Which utterances are learnt from, with a digest of what they are."""
    said = [
        [each.id, each.speaker, each.split, {**each.labels}]
        for each in corpus.utterances
    ]
    text = json.dumps(said, default=str, sort_keys=True)
    return {
        "corpus": corpus.name,
        "data": str(pathlib.Path(corpus.root).resolve()),
        "folds": arguments.folds,
        "dataset": arguments.dataset,
        DIGEST: hashlib.sha256(text.encode()).hexdigest(),
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
        if found.get(name) == value:
            continue
        what = (
            "other utterances: a name, label, speaker or partition changed"
            if name == DIGEST
            else f"{name}={found.get(name)!r}, not {value!r}"
        )
        raise ValueError(
            f"--out {out} holds a run with {what}. Name another folder, or "
            "add --fresh to replace it."
        )


def seeds(arguments: argparse.Namespace) -> list[int]:
    """The seeds of the networks to average."""
    count = arguments.seeds or recipe(arguments.name).seeds
    return [arguments.seed + place for place in range(count)]
