"""Whether an export may be published: two checks, blessed as TFX blesses.

The infra check loads the model in a fresh process that knows nothing of the
zoo and asks it. The model check holds its figures against thresholds and
against the version now live; without thresholds it blesses nothing.

Each check leaves an empty file, BLESSED or NOT_BLESSED (INFRA_BLESSED or
INFRA_NOT_BLESSED), beside a JSON file that says why, in
`NAME/<component>/blessing/NUMBER/`.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from serving import versions
from serving.export import metadata

PROBE = pathlib.Path(__file__).with_name("infra_probe.py")
MOST_SECONDS = 300
TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class Budget:
    """What an export may need.

    Attributes:
        latency: milliseconds an answer may take, by the median of each
            signature.
        memory: MiB that the whole process may take.
        requests: random ones to each signature.
    """

    latency: float = 1000.0
    memory: float = 4096.0
    requests: int = 20


@dataclasses.dataclass(frozen=True)
class Rules:
    """What the figures of an export must be.

    Attributes:
        evaluation: name of the evaluation set, such as "test".
        at_least, at_most: bounds by figure, such as "arousal.ccc".
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
    """A check's outcome: blessed where there are no faults."""

    faults: tuple[str, ...]
    found: dict[str, Any]

    @property
    def blessed(self) -> bool:
        return not self.faults


def infra(export: pathlib.Path, budget: Budget = Budget()) -> Verdict:
    """Loads and asks an export in a process without the project's code."""
    words = [str(PROBE), str(export.resolve()), f"--requests={budget.requests}"]
    try:
        done = subprocess.run(
            [sys.executable, "-I", *words],
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        return Verdict((f"it took more than {MOST_SECONDS} s",), {})
    try:
        found = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        fault = f"the process died (exit code {done.returncode})"
        return Verdict((fault,), {"stderr": done.stderr[-2000:]})
    return Verdict(tuple(_faults(found, budget)), found)


def _faults(found: Mapping[str, Any], budget: Budget):
    if "error" in found:
        yield found["error"]
        return
    if not found["difference"] <= TOLERANCE:
        yield (
            "its answers differ from those recorded at export by "
            f"{found['difference']:.1e}, more than {TOLERANCE:.0e}"
        )
    if not found["latency_ms"]:
        yield "it has no signature"
    for name, each in found["latency_ms"].items():
        if each["median"] > budget.latency:
            yield (
                f"{name} takes {each['median']:.1f} ms, more than "
                f"{budget.latency:g}"
            )
    if found["memory_mb"] > budget.memory:
        yield (
            f"it takes {found['memory_mb']:.0f} MiB, more than "
            f"{budget.memory:g}"
        )
    if found["strangers"]:
        yield f"the process imported {', '.join(found['strangers'])}"


def figures(
    export: pathlib.Path, rules: Rules
) -> tuple[dict[str, float], str | None]:
    """The figures that the rules name, and the corpus they were found on.

    Raises:
        ValueError: the export's card has no such evaluation set or figure.
    """
    card = metadata.read(export, "card.json") or {}
    weights = card.get("weights") or {}
    known = weights.get("figures") or {}
    if rules.evaluation not in known:
        raise ValueError(
            f"its card has no figures on {rules.evaluation!r}, but on: "
            f"{', '.join(sorted(known)) or 'nothing'}"
        )
    found = {}
    for name in {**rules.at_least, **rules.at_most}:
        value = known[rules.evaluation]
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if type(value) not in (int, float):
            raise ValueError(
                f"its card has no figure {name!r} on {rules.evaluation!r}"
            )
        found[name] = float(value)
    return found, weights.get("corpus")


def model(
    export: pathlib.Path, live: pathlib.Path | None, rules: Rules
) -> Verdict:
    """Holds an export's figures against thresholds and the live version's.

    Args:
        export: folder of the candidate.
        live: folder of the version that is served now, if any.
        rules: the thresholds; without any there is nothing to bless.
    """
    try:
        ours, corpus = figures(export, rules)
    except ValueError as error:
        return Verdict((str(error),), {})
    found: dict[str, Any] = {"figures": ours, "corpus": corpus}
    faults = [
        f"{name} is {ours[name]:.4g}, {word} {bound:g}"
        for name, bound, word, wrong in _bounds(rules, ours)
        if wrong
    ]
    if live is not None:
        try:
            theirs, their_corpus = figures(live, rules)
        except ValueError as error:
            fault = f"no comparison with version {live.name}: {error}"
            return Verdict((*faults, fault), found)
        found["live"] = {"version": live.name, "figures": theirs}
        faults += _worse(rules, ours, theirs, live.name)
        if corpus != their_corpus:
            faults.append(
                f"its figures are on {corpus}, those of version {live.name} "
                f"on {their_corpus}"
            )
    return Verdict(tuple(faults), found)


def _bounds(rules: Rules, ours: Mapping[str, float]):
    for name, bound in rules.at_least.items():
        yield name, bound, "less than", not ours[name] >= bound
    for name, bound in rules.at_most.items():
        yield name, bound, "more than", not ours[name] <= bound


def _worse(
    rules: Rules,
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
    version: str,
) -> list[str]:
    signs = {**dict.fromkeys(rules.at_least, 1)}
    signs |= dict.fromkeys(rules.at_most, -1)
    return [
        f"{name} is {ours[name]:.4g}, worse than the {theirs[name]:.4g} of "
        f"version {version}, which is live"
        for name, sign in signs.items()
        if not sign * (ours[name] - theirs[name]) >= -rules.slack
    ]


COMPONENTS = {"infra": ("InfraValidator", "INFRA_"), "model": ("Evaluator", "")}


def bless(
    export: pathlib.Path,
    check: str,
    verdict: Verdict,
    digest: str,
    live: pathlib.Path | None = None,
) -> pathlib.Path:
    """Writes a blessing, or its refusal, in the place of an earlier one.

    Returns:
        The folder of the blessing.
    """
    component, prefix = COMPONENTS[check]
    folder = export.parent / component / "blessing" / export.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    metadata.write_json(
        folder / "blessing.json",
        {
            "blessed": int(verdict.blessed),
            "current_model": str(export),
            "current_model_id": digest,
            "baseline_model": live and str(live),
            "baseline_model_id": live and versions.digest(live),
            "faults": verdict.faults,
            "found": verdict.found,
        },
    )
    word = "BLESSED" if verdict.blessed else "NOT_BLESSED"
    (folder / f"{prefix}{word}").touch()
    return folder


def blessed(export: pathlib.Path, check: str, digest: str) -> bool:
    """Whether a check has blessed exactly what has that digest."""
    component, prefix = COMPONENTS[check]
    folder = export.parent / component / "blessing" / export.name
    try:
        record = json.loads((folder / "blessing.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return (
        (folder / f"{prefix}BLESSED").exists()
        and record.get("blessed") == 1
        and record.get("current_model_id") == digest
    )
