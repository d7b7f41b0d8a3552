"""Validates an export, blesses it, and publishes it as the next version."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

from serving import versions
from serving.push import blessing, validation
from serving.push.validation import Budget, Thresholds
from zoo.common import files

KEEP = 5


@dataclasses.dataclass(frozen=True)
class Pushed:
    """A version that was published.

    Attributes:
        model: name of the model.
        version: its new number.
        label: "stable" or "canary".
        measurements: of the model and the infra check.
        removed: numbers of old versions that were removed.
    """

    model: str
    version: int
    label: str
    measurements: dict[str, Any]
    removed: list[int]


def push(
    source: pathlib.Path,
    base: pathlib.Path,
    thresholds: Thresholds,
    budget: Budget = Budget(),
    number: int | None = None,
    keep: int = KEEP,
    canary: bool = False,
) -> Pushed:
    """Validates one export and publishes it.

    Args:
        source: an exported model's folder of numbers.
        base: a served model's folder of versions.
        thresholds: bounds of the figures.
        budget: bounds of latency and memory.
        number: of the export; the newest by default.
        keep: how many versions without a label stay.
        canary: label it "canary" and leave "stable" where it is.

    Raises:
        ValueError: it was not blessed, and so not published.
        FileNotFoundError: there is no such export.
    """
    export = _export(source, number)
    if not thresholds:
        raise ValueError(
            f"{export} was not blessed: there are no thresholds. Give some, "
            "such as --at-least arousal.ccc=0.5, or write thresholds.json in "
            f"{base.parent}."
        )
    digest = versions.digest(export)
    with versions.locked(base):
        live = versions.live(base)
        figures = validation.validate_figures(export, live, thresholds)
        blessing.bless(export, "model", figures, digest, live)
        infra = validation.validate_infra(export, budget)
        blessing.bless(export, "infra", infra, digest)
        faults = [*figures.faults, *infra.faults]
        if faults or not all(
            blessing.is_blessed(export, check, digest)
            for check in blessing.COMPONENTS
        ):
            raise ValueError(
                f"{export} was not blessed and not published: "
                f"{'; '.join(faults)}."
            )
        version, label = versions.release(export, base, digest, canary)
        removed = versions.prune(base, keep)
    _record(export, base / str(version))
    measurements = {"model": figures.measurements, "infra": infra.measurements}
    return Pushed(base.name, version, label, measurements, removed)


def _export(source: pathlib.Path, number: int | None) -> pathlib.Path:
    """Returns the folder of an export, of the newest by default."""
    known = versions.numbers(source)
    if not known:
        raise FileNotFoundError(
            f"{source} holds no export. Write one: python -m serving.export "
            f"{source.name} --out {source.parent}"
        )
    return versions.folder(source, number or known[-1])


def _record(export: pathlib.Path, target: pathlib.Path) -> None:
    """Writes TFX's record of a pushed model beside the export."""
    folder = export.parent / "Pusher" / "pushed_model" / export.name
    folder.mkdir(parents=True, exist_ok=True)
    files.write_json(
        folder / "pushed.json",
        {
            "pushed": 1,
            "pushed_destination": str(target),
            "pushed_version": target.name,
        },
    )
