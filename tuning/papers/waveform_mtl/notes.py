"""What the first lines of the tables say of the systems and their figures."""

from __future__ import annotations

from tuning.papers.waveform_mtl import published
from tuning.papers.waveform_mtl.recipe import PATIENCE
from tuning.papers.waveform_mtl.systems import (
    MODELS,
    SVM,
    TableSystems,
)
from tuning.protocols.folds import PARTITIONS
from tuning.runs.figures import intervals_by_split
from tuning.tables import kinds

BALANCED = (
    "Classes have the same total weight in the loss: most utterances are of "
    "the middle level, and a network with equal weights predicts no other, "
    "with a high accuracy and a UAR of a third."
)
ABOUT_SVM = (
    "OS+SVMs are single classifiers, with settings chosen by a nested search. "
    "Those that predict test are trained on the networks' dev speakers too, "
    "those that predict dev are not."
)
KINDS = (
    "The paper does not say how many networks a figure of its own is of. Of "
    "ours, an ensemble averages the predictions of its networks, and a mean of "
    "seeds is what to expect of one network."
)
OPTIMISTIC = (
    "dev chose the epochs{}: its figures are optimistic, and more so the more "
    "was tried."
)
SHARED_SPEAKERS = (
    "The speakers that validate one fold test another, so that the weights of "
    "the tasks have seen all labels: test is optimistic for e2e MTL too."
)


def notes(systems: TableSystems) -> str:
    """Returns the protocol and its caveats, as Markdown."""
    sentences = [
        systems.systems.notes(MODELS[published.PROPOSED]),
        f"All systems stop by one rule: {PATIENCE} epochs without a better "
        "score on dev.",
        KINDS,
    ]
    if systems.configuration.training["class_weights"] == "balanced":
        sentences.append(BALANCED)
    if SVM in systems.rows:
        sentences.append(ABOUT_SVM)
    lines = [
        *systems.omissions,
        *systems.experiment.notes(),
        *intervals_by_split("speaker", _speakers(systems)),
        _main_tasks(systems),
        OPTIMISTIC.format(
            " and, for e2e MTL, the weights of the tasks"
            if systems.trials > 1
            else ""
        ),
        *([SHARED_SPEAKERS] if _is_circular(systems) else []),
        _partition(systems),
    ]
    items = "\n".join(f"- {line}" for line in lines if line)
    return f"{' '.join(sentences)}\n\n{items}"


def _speakers(systems: TableSystems) -> dict[str, int]:
    """Returns the number of speakers of dev and test."""
    return {
        split: len({*systems.experiment.units(split)})
        for split in published.SPLITS
    }


def _is_circular(systems: TableSystems) -> bool:
    """Returns whether weights were chosen on what other folds test."""
    return len(systems.experiment.folds) > 1 and systems.trials > 1


def _main_tasks(systems: TableSystems) -> str:
    if systems.has_one_main:
        main = systems.main_tasks()[0]
        return f"e2e MTL: one network for all columns, main task: {main}."
    chosen = "the weights of the tasks and " if systems.trials > 1 else ""
    return (
        "e2e MTL: networks of their own for every column's task, the main one: "
        f"its UAR on dev chooses {chosen}the epoch."
    )


def _partition(systems: TableSystems) -> str:
    """Returns the sizes of the partition beside those of the paper."""
    folds = systems.experiment.folds
    paper = ", ".join(
        f"{published.SIZES[name]:,} {name}" for name in PARTITIONS
    )
    corpus = systems.corpus
    if len(folds) > 1:
        text = f"; the paper has one partition of {paper}"
        return f"{len(folds)} folds{kinds.quotation(corpus, text)}."
    own = ", ".join(
        f"{len(getattr(folds[0], name)):,} {name}" for name in PARTITIONS
    )
    text = (
        f"Utterances: {own}{kinds.quotation(corpus, f'; the paper: {paper}')}."
    )
    if corpus.name != "iemocap" or corpus.partial:
        return text
    return (
        f"{text} The paper names sessions 1 to 3, 4 and 5, but its sizes are "
        "those of sessions 3 to 5 (less 90), 2 and 1: --corpus-option "
        "dev_session=2 --corpus-option test_session=1."
    )
