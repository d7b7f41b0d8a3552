"""Requests: what a command asks for, resolved once from its arguments."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import zoo
from pipelines import corpora
from pipelines.corpora.base import Corpus
from pipelines.corpora.joined import JOINT, Joined
from pipelines.simulation.folders import MANIFEST
from tuning.experiments import choices as checks
from tuning.experiments.choices import Choices
from tuning.experiments.factory import targets
from tuning.training import hyperparameters
from tuning.training.recipe import Recipe
from zoo.common import cli

DEFAULT_RUNS = pathlib.Path("runs")


@dataclasses.dataclass(frozen=True)
class CorpusRequest:
    """A corpus that a command asks for.

    Attributes:
        kind: the class of the corpus.
        data: folder of the copy; `None` for a simulated corpus in `beside`.
        options: arguments of the class, as (name, value) pairs.
        beside: folder where a simulated corpus is written.
        partial: whether the copy may lack files.
        parts: requests of the corpora to join, by name, if there are several;
            `kind` is then `Joined`.
    """

    kind: type[Corpus]
    data: str | None
    options: tuple[tuple[str, Any], ...] = ()
    beside: pathlib.Path = DEFAULT_RUNS
    partial: bool = False
    parts: tuple[tuple[str, CorpusRequest], ...] = ()

    @property
    def name(self) -> str:
        """Name of the corpus, or of all that are joined."""
        names = [name for name, _ in self.parts]
        return JOINT.join(names) if names else self.kind.name

    @property
    def modalities(self) -> Mapping[str, int]:
        """Letters of the modalities of a corpus of words; empty of others."""
        return getattr(self.kind, "modalities", {})

    def each(self) -> dict[str, CorpusRequest]:
        """Returns the request of every corpus by name, `beside` as here."""
        return {
            name: dataclasses.replace(part, beside=self.beside)
            for name, part in self.parts or ((self.name, self),)
        }

    def open(self) -> Corpus:
        """Opens the corpus; a simulated one without data is made first.

        Raises:
            ValueError: a corpus that is not simulated needs data, or several
                have no label in common.
        """
        if self.parts:
            each = self.each().items()
            return Joined({name: part.open() for name, part in each})
        data = self.data
        if data is None:
            if not self.kind.simulated:
                name = self.kind.name
                raise ValueError(
                    f"--corpus {name} needs --data, the folder of your copy. "
                    f"`python -m pipelines {name}` says how to get one."
                )
            data = str(self.beside / self.kind.name)
        options = dict(self.options)
        if self.partial:
            options["partial"] = True
        return self.kind(data, **options)


def request_corpus(
    name: str,
    data: str | None,
    options: Mapping[str, str] | None = None,
    beside: pathlib.Path = DEFAULT_RUNS,
    partial: bool = False,
) -> CorpusRequest:
    """Resolves a corpus by its name; its options are checked.

    Args:
        name: of the corpus.
        data: folder of the copy, or `None`.
        options: texts of the corpus' options, by name.
        beside: folder where a simulated corpus is written.
        partial: whether the copy may lack files.

    Raises:
        UsageError: no such corpus, an option that it does not have or whose
            value it refuses, or a partial copy of what has no intact one.
    """
    kind = corpora.find(name)
    if partial:
        corpora.check_partial(kind)
    checked = corpora.check_options(kind, options or {})
    corpora.check_values(kind, checked)
    return CorpusRequest(kind, data, tuple(checked.items()), beside, partial)


def default_corpus(recipe: Recipe, data: str | None) -> str:
    """Returns the name of a recipe's corpus where none is named.

    It is the paper's where there is data, unless a simulator wrote them.
    """
    real, simulated = recipe.corpus
    if not data or (pathlib.Path(data) / MANIFEST).exists():
        return simulated
    return real


@dataclasses.dataclass(frozen=True)
class RunRequest:
    """A run that a command asks for.

    Attributes:
        card: of the model.
        recipe: by which it is trained.
        corpus: to train on.
        choices: that only some kinds of experiment take.
        changes: "NAME=VALUE" of hyper-parameters that are set.
        epochs: at most; `None` for the recipe's.
        seeds: of the networks whose predictions are averaged.
        out: folder of the run.
        fresh: whether to start over rather than resume.
    """

    card: zoo.Card
    recipe: Recipe
    corpus: CorpusRequest
    choices: Choices
    changes: tuple[str, ...]
    epochs: int | None
    seeds: tuple[int, ...]
    out: pathlib.Path
    fresh: bool

    @property
    def targets(self) -> list[str]:
        """What the model's networks are trained for, each by itself."""
        return targets(self.card, self.recipe)

    def check(self) -> None:
        """Refuses what is wrong whatever the corpus, before it is read.

        Raises:
            UsageError: a choice that the model does not take, or a value of a
                hyper-parameter that breaks its rule.
        """
        kind = self.recipe.experiment
        if self.corpus.parts and kind.kind != "utterances":
            raise cli.UsageError(
                f"Several corpora are for models of utterances; "
                f"{self.card.name} learns from {kind.kind}. Name one --corpus."
            )
        checks.check(self.card.name, kind.kind, self.choices, kind.choices)
        for target in self.targets:
            hyperparameters.fixed(self.recipe, target, self.changes)
