"""What of the data that a saved model is scored on it has already seen.

A run keeps what it was trained on and chosen by in `trained_on.json`.
"""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from tuning.experiments.base import SPLITS, Experiment
from tuning.experiments.scoring import Scoring
from tuning.experiments.trained_on import PARTITIONS, Item, TrainedOn
from zoo.common import files

FILE = "trained_on.json"
WORDS = {
    "traces": "recordings",
    "utterances": "utterances",
    "words": "segments",
}
"""What items are called, by the kind of experiment."""


def write(run: pathlib.Path, experiment: Experiment) -> None:
    """Writes what a run's saved model was trained on and chosen by."""
    trained = TrainedOn(
        experiment.corpus.name,
        {name: experiment.items(name) for name in PARTITIONS},
        experiment.crossed,
    )
    files.write_json(run / FILE, trained.to_json())


def read(run: pathlib.Path) -> TrainedOn:
    """Reads what a run's saved model was trained on and chosen by.

    Raises:
        ValueError: the run is of version 0.1, which did not write it.
    """
    if not (run / FILE).exists():
        raise ValueError(
            f"{run} holds no {FILE}, which says what the model was trained "
            "on. Repeat the command that made the run; it trains nothing anew."
        )
    return TrainedOn.from_json(files.read_json(run / FILE))


def check(
    trained: TrainedOn, experiment: Experiment, run: pathlib.Path
) -> list[str]:
    """Returns sentences on what the model has seen of dev and test.

    Args:
        trained: what the model has seen.
        experiment: that scores it.
        run: the run's folder.

    Raises:
        ValueError: the model has seen all that it would be tested on.
    """
    items = _items(experiment)
    name, word = experiment.corpus.name, WORDS[experiment.kind]
    tested = items.get("test", [])
    if tested and all(trained.partition(name, item) for item in tested):
        raise ValueError(
            f"The model of {run} was trained on, or chosen by, all {word} of "
            f"{name} that it would be tested on. The run's own figures are in "
            f"{run / 'report.md'}; name other {word} with --corpus and --data."
        )
    return sentences(trained, items, name, word, experiment.unit)


def sentences(
    trained: TrainedOn,
    items: dict[str, Sequence[Item]],
    corpus: str,
    word: str,
    unit: str,
) -> list[str]:
    """Returns a sentence on each overlap of dev or test with training.

    Args:
        trained: what the model has seen.
        items: by partition.
        corpus: their corpus' name.
        word: what they are called, in the plural.
        unit: "speaker" or "video".
    """
    found = []
    everything = [item for own in items.values() for item in own]
    known = [i for i in everything if trained.partition(corpus, i)]
    if known and corpus != trained.corpus and "train" in items:
        found.append(
            f"The model was trained on, or chosen by, {len(known)} of the "
            f"{len(everything)} {word} of {corpus}."
        )
    for split, harmful in (("dev", ("train",)), ("test", PARTITIONS)):
        own = items.get(split, [])
        seen = [i for i in own if trained.partition(corpus, i) in harmful]
        if seen:
            found.append(
                f"The model was trained on, or chosen by, {len(seen)} of "
                f"{len(own)} {split} {word}: the figures of {split} are "
                "optimistic."
            )
    units = trained.units(corpus, everything)
    tested = items.get("test", [])
    known = [item for item in tested if item.unit in units]
    if known:
        count = len({item.unit for item in known})
        found.append(
            f"{len(known)} of {len(tested)} test {word} are of {count} "
            f"{unit}{'' if count == 1 else 's'} that the model was trained on "
            "or chosen by: the figures of test say less about unseen ones."
        )
    return found


def _items(experiment: Scoring) -> dict[str, Sequence[Item]]:
    """Returns the items of every labelled partition."""
    return {
        split: experiment.items(split)
        for split in SPLITS
        if experiment.labelled(split)
    }
