"""The folder of a run: its name, its identity, and what is in it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pathlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines import corpora
from pipelines.corpora.base import Corpus
from pipelines.corpora.joined import Joined
from tuning.experiments.base import Experiment
from tuning.experiments.choices import CHOICES, Choices
from tuning.experiments.factory import open_experiment
from tuning.experiments.setup import Setup
from tuning.runs import evaluated
from tuning.runs.request import CorpusRequest, RunRequest
from tuning.training.progress import Progress
from zoo.common import files

RUN_FILES = (
    "attention.png",
    "config.json",
    "confusion.png",
    "decoded.npz",
    "epoch_seconds.json",
    "history.csv",
    "history.png",
    "model.keras",
    "predictions.npz",
    "ratings.png",
    "report.json",
    "report.md",
    "search.png",
    "traces.png",
    "trained_on.json",
)
"""Files of a run's folder, beside folders of its own."""
SYSTEMS = "systems"
"""The folder in which a table keeps the fits of what it trains."""
PARTIAL = "partial"
"""In a run's config: whether the corpus was opened as a partial copy."""
DIGEST = "utterances"
"""In a run's config: a hash of the utterances' names, labels, partitions."""


def prepare(
    request: RunRequest,
    progress: Progress,
    open_corpus: Callable[[CorpusRequest], Corpus],
) -> Experiment:
    """Opens the corpus and the run's folder, and reads the recordings.

    Nothing is written to the folder, nor removed from it, before every
    recording has been read.

    Args:
        request: of the run.
        progress: shows how far the reading is.
        open_corpus: opens what is requested.

    Raises:
        ValueError: the folder belongs to another experiment.
    """
    corpus = open_corpus(request.corpus)
    with new_folder(request.out):
        wanted = identity(request, corpus)
        if not request.fresh:
            check_identity(request.out, wanted)
        experiment = open_experiment(
            Setup(request.card, request.recipe, corpus, request.epochs),
            request.choices,
            progress,
        )
        for note in experiment.notes():
            progress.say(note)
        if request.fresh:
            start_over(request.out)
        if not (request.out / "config.json").exists():
            files.write_json(request.out / "config.json", wanted)
    return experiment


def run_name(
    model: str,
    corpus: type[Corpus] | CorpusRequest,
    corpus_options: Mapping[str, Any],
    choices: Choices,
    partial: bool = False,
) -> str:
    """Returns the name of a run's folder.

    It joins the model, the task, the modalities if they are not all that the
    corpus has, the corpus, `PARTIAL` for a partial copy, the corpus' options,
    the classes, the protocol and its validators. Commas and slashes become
    `_`.
    """
    parts = (
        model,
        choices.task,
        _some_modalities(corpus, choices),
        corpus.name,
        PARTIAL if partial else None,
        *corpora.option_texts(corpus_options).values(),
        choices.classes,
        choices.protocol,
        f"{choices.validators}_validators" if choices.validators else None,
    )
    name = "-".join(filter(None, parts))
    return name.replace(",", "_").replace("/", "_")


def _some_modalities(
    corpus: type[Corpus] | CorpusRequest, choices: Choices
) -> str | None:
    """Returns the chosen modalities; `None` for all that the corpus has."""
    letters = choices.modalities
    if letters and set(letters) == set(getattr(corpus, "modalities", {})):
        return None
    return letters


def identity(request: RunRequest, corpus: Corpus) -> dict[str, Any]:
    """Returns the settings that two commands must share to resume a run."""
    epochs = request.epochs or request.recipe.epochs
    return {
        "model": request.card.name,
        **source(corpus, dict(request.corpus.options)),
        "epochs": epochs,
        **{name: getattr(request.choices, name) for name in CHOICES},
        "modalities": _some_modalities(request.corpus, request.choices),
    }


def source(corpus: Corpus, options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the corpus, its folder, and a digest of its utterances.

    Of joined corpora, folders and options are by the corpus' name.
    """
    rows = [
        [
            utterance.id,
            utterance.speaker,
            utterance.split,
            {**utterance.labels},
        ]
        for utterance in corpus.utterances
    ]
    text = json.dumps(rows, default=str, sort_keys=True)
    # As a run's config has them, which knows no tuples.
    written = json.loads(json.dumps(dict(options)))
    return {
        "corpus": corpus.name,
        "data": _folders(corpus),
        "corpus_options": written,
        PARTIAL: corpus.partial,
        DIGEST: hashlib.sha256(text.encode()).hexdigest(),
    }


def _folders(corpus: Corpus) -> str | dict[str, str]:
    """Returns the folder of a corpus; of joined ones, each by its name."""
    if isinstance(corpus, Joined):
        return {
            name: str(pathlib.Path(member.root).resolve())
            for name, member in corpus.members.items()
        }
    return str(pathlib.Path(corpus.root).resolve())


def check_identity(out: pathlib.Path, wanted: Mapping[str, Any]) -> None:
    """Refuses a folder that belongs to another experiment.

    Raises:
        ValueError: it holds a run of one.
    """
    path = out / "config.json"
    if not path.exists():
        return
    known = read_config(path)
    for name, value in wanted.items():
        if known.get(name) == value:
            continue
        difference = (
            "other utterances: a name, label, speaker or partition changed"
            if name == DIGEST
            else f"{name}={known.get(name)!r}, not {value!r}"
        )
        raise ValueError(
            f"--out {out} holds a run with {difference}. Name another folder, "
            "or add --fresh to replace it."
        )


def is_finished(folder: pathlib.Path) -> bool:
    """Returns whether a folder holds a run with its report."""
    names = ("config.json", "report.json")
    return all((folder / name).exists() for name in names)


def read_config(path: pathlib.Path) -> dict[str, Any]:
    """Reads the config of a run.

    Up to version 0.1, `folds` and `dataset` stood in it by themselves, and
    no copy could be partial.
    """
    config = files.read_json(path)
    config.setdefault(PARTIAL, False)
    if "corpus_options" not in config:
        config["corpus_options"] = {
            name: config[name]
            for name in ("folds", "dataset")
            if config.get(name) is not None
        }
    return config


def make_folder(path: pathlib.Path) -> pathlib.Path:
    """Makes a folder that can be written to.

    Raises:
        OSError: it cannot be made or written to; the message says what to do.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OSError(
            f"--out {path} cannot be written to ({error.strerror}). Name "
            "another folder."
        ) from error
    return path


@contextlib.contextmanager
def new_folder(path: pathlib.Path) -> Iterator[None]:
    """Makes a folder, and removes it again if an error leaves it empty.

    One that was there before is kept. A config alone counts as nothing.

    Raises:
        OSError: as of `make_folder`.
    """
    existed = path.exists()
    make_folder(path)
    try:
        yield
    except BaseException:
        content = {entry.name for entry in path.iterdir()}
        if not existed and content <= {"config.json"}:
            shutil.rmtree(path)
        raise


def start_over(folder: pathlib.Path) -> None:
    """Removes what earlier runs of the project left in a folder."""
    for name in ("fits", "folds", SYSTEMS, "tuner", evaluated.FOLDER):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in RUN_FILES:
        (folder / name).unlink(missing_ok=True)
