"""Choices on the command line that only some kinds of experiment take."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence

from pipelines.corpora import word_base
from tuning.protocols import names as protocols
from zoo.common import cli


@dataclasses.dataclass(frozen=True)
class Choices:
    """Options that only some kinds of experiment take; `None`: not given.

    Attributes:
        modalities: letters of those that a model of words sees.
        classes: emotions to tell apart, joined by commas, or "all".
        task: the task of a model of a single task.
        protocol: of utterances, one of `tuning.protocols.names.PROTOCOLS`.
        validators: speakers that validate each fold of the protocol
            "leave_one_speaker_out".
        retrain: whether the saved network of a cross-validation learns from
            all speakers, for as many epochs as its folds chose.
        features: folder where features of utterances are kept.
        nested: whether each fold of a cross-validated search is to choose a
            configuration for itself, too.
    """

    modalities: str | None = None
    classes: str | None = None
    task: str | None = None
    protocol: str | None = None
    features: pathlib.Path | None = None
    nested: bool = False
    validators: int | None = None
    retrain: bool = False


CHOICES = ("modalities", "classes", "task", "protocol", "validators")
"""Choices of the command line that all networks of a run depend on."""
TASKS = ("arousal", "valence", "dominance")
"""Tasks of models of levels."""


def check(
    model: str, kind: str, choices: Choices, supported: Sequence[str]
) -> None:
    """Refuses choices that no corpus allows, before one is read.

    They are those that a model's kind of experiment or the protocol does not
    take, and tasks and modalities that do not exist.

    Args:
        model: name of the model.
        kind: what it learns from.
        choices: given.
        supported: names of those that the kind takes.

    Raises:
        UsageError: names the choice.
    """
    for name in (*CHOICES, "retrain"):
        is_made = getattr(choices, name) not in (None, False)
        if is_made and name not in supported:
            raise cli.UsageError(
                f"--{name} is not for {model}, which learns from {kind}."
            )
    if choices.task is not None and choices.task not in TASKS:
        raise cli.UsageError(
            f"--task must be one of {', '.join(TASKS)}. Received: "
            f"{choices.task!r}"
        )
    if choices.validators is not None and choices.protocol is not None:
        protocols.check_validators(choices.protocol, "the chosen one")
    if choices.modalities is not None:
        try:
            word_base.order_modalities(choices.modalities, word_base.MODALITIES)
        except ValueError as error:
            raise cli.UsageError(f"--modalities: {error}") from error
