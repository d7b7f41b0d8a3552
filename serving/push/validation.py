"""Checks whether an export may be published: infrastructure and figures.

The infra check loads the model in an isolated process without this project's
code and sends it requests. The model check compares the figures on its card
with thresholds and with those of the live version; without thresholds it
blesses nothing.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from serving.export import metadata

PROBE = pathlib.Path(__file__).with_name("infra_probe.py")
TIMEOUT_SECONDS = 300
TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class Budget:
    """Bounds of what an export may need.

    Attributes:
        latency: milliseconds, of each signature's median answer.
        memory: MiB of the whole process.
        requests: how many random ones each signature gets.
    """

    latency: float = 1000.0
    memory: float = 4096.0
    requests: int = 20


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """Bounds of an export's figures; false where there are none.

    Attributes:
        evaluation: name of the evaluation set, such as "test".
        at_least: lower bounds by figure, such as "arousal.ccc".
        at_most: upper bounds by figure.
        slack: by how much a figure may be worse than the live version's.
    """

    evaluation: str = "test"
    at_least: Mapping[str, float] = dataclasses.field(default_factory=dict)
    at_most: Mapping[str, float] = dataclasses.field(default_factory=dict)
    slack: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.at_least or self.at_most)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Outcome of a check.

    Attributes:
        faults: reasons against publishing.
        measurements: by name.
    """

    faults: tuple[str, ...]
    measurements: dict[str, Any]

    @property
    def blessed(self) -> bool:
        """Whether there are no faults."""
        return not self.faults


def validate_infra(export: pathlib.Path, budget: Budget = Budget()) -> Verdict:
    """Loads an export in an isolated process and sends it requests.

    Args:
        export: folder of the export.
        budget: bounds of latency and memory.
    """
    words = [str(PROBE), str(export.resolve()), f"--requests={budget.requests}"]
    try:
        process = subprocess.run(
            [sys.executable, "-I", *words],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        return Verdict((f"it took more than {TIMEOUT_SECONDS} s",), {})
    try:
        measurements = json.loads(process.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        fault = f"the process died (exit code {process.returncode})"
        return Verdict((fault,), {"stderr": process.stderr[-2000:]})
    return Verdict(tuple(_infra_faults(measurements, budget)), measurements)


def _infra_faults(
    measurements: Mapping[str, Any], budget: Budget
) -> Iterator[str]:
    """Yields what is wrong with the measurements of `infra_probe`."""
    if "error" in measurements:
        yield measurements["error"]
        return
    if not measurements["difference"] <= TOLERANCE:
        yield (
            "its answers differ from those recorded at export by "
            f"{measurements['difference']:.1e}, more than {TOLERANCE:.0e}"
        )
    if not measurements["latency_ms"]:
        yield "it has no signature"
    for name, latency in measurements["latency_ms"].items():
        if latency["median"] > budget.latency:
            yield (
                f"{name} takes {latency['median']:.1f} ms, more than "
                f"{budget.latency:g}"
            )
    if measurements["memory_mb"] > budget.memory:
        yield (
            f"it takes {measurements['memory_mb']:.0f} MiB, more than "
            f"{budget.memory:g}"
        )
    if measurements["project_packages"]:
        packages = ", ".join(measurements["project_packages"])
        yield f"the process imported {packages}"


def validate_figures(
    export: pathlib.Path, live: pathlib.Path | None, thresholds: Thresholds
) -> Verdict:
    """Compares an export's figures with thresholds and the live version's.

    Args:
        export: folder of the candidate.
        live: folder of the version that answers by default now, if any.
        thresholds: the bounds.
    """
    try:
        figures, corpus = read_figures(export, thresholds)
    except ValueError as error:
        return Verdict((str(error),), {})
    measurements: dict[str, Any] = {"figures": figures, "corpus": corpus}
    faults = [*_out_of_bounds(thresholds, figures)]
    if live is not None:
        try:
            live_figures, live_corpus = read_figures(live, thresholds)
        except ValueError as error:
            fault = f"no comparison with version {live.name}: {error}"
            return Verdict((*faults, fault), measurements)
        measurements["live"] = {"version": live.name, "figures": live_figures}
        faults += _worse(thresholds, figures, live_figures, live.name)
        if corpus != live_corpus:
            faults.append(
                f"its figures are on {corpus}, those of version {live.name} "
                f"on {live_corpus}"
            )
    return Verdict(tuple(faults), measurements)


def read_figures(
    export: pathlib.Path, thresholds: Thresholds
) -> tuple[dict[str, float], str | None]:
    """Reads the figures that thresholds name from an export's card.

    Returns:
        The figures by name, and the corpus that they were measured on.

    Raises:
        ValueError: the card has no such evaluation set or figure.
    """
    card = metadata.read(export, "card.json") or {}
    weights = card.get("weights") or {}
    known = weights.get("figures") or {}
    if thresholds.evaluation not in known:
        raise ValueError(
            f"its card has no figures on {thresholds.evaluation!r}, but on: "
            f"{', '.join(sorted(known)) or 'nothing'}"
        )
    figures = {}
    for name in {**thresholds.at_least, **thresholds.at_most}:
        value = known[thresholds.evaluation]
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if type(value) not in (int, float):
            raise ValueError(
                f"its card has no figure {name!r} on {thresholds.evaluation!r}"
            )
        figures[name] = float(value)
    return figures, weights.get("corpus")


def _out_of_bounds(
    thresholds: Thresholds, figures: Mapping[str, float]
) -> Iterator[str]:
    for name, bound in thresholds.at_least.items():
        if not figures[name] >= bound:
            yield f"{name} is {figures[name]:.4g}, less than {bound:g}"
    for name, bound in thresholds.at_most.items():
        if not figures[name] <= bound:
            yield f"{name} is {figures[name]:.4g}, more than {bound:g}"


def _worse(
    thresholds: Thresholds,
    figures: Mapping[str, float],
    live_figures: Mapping[str, float],
    version: str,
) -> Iterator[str]:
    signs = dict.fromkeys(thresholds.at_least, 1)
    signs |= dict.fromkeys(thresholds.at_most, -1)
    for name, sign in signs.items():
        gain = sign * (figures[name] - live_figures[name])
        if not gain >= -thresholds.slack:
            yield (
                f"{name} is {figures[name]:.4g}, worse than the "
                f"{live_figures[name]:.4g} of version {version}, which is live"
            )
