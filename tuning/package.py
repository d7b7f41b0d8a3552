"""Packages a run's saved model as the weights that `zoo.get(NAME)` loads.

`python -m tuning.package RUN` writes NAME.weights.h5 and NAME.json, the record
of what the weights were trained on, into `zoo/weights` or `--out`. With `--as
mmmo` they stand beside the default ones, as NAME-mmmo, which
`zoo.get(NAME, weights="mmmo")` loads. Matrices are kept in half precision, so
that a number of the record may differ from the packaged network's in its
fourth digit.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import zoo
from pipelines import corpora
from pipelines.corpora import Corpus
from pipelines.corpora.joined import SEPARATOR
from pipelines.features.extraction import LEVEL
from tuning.runs import evaluated, half_precision, options, workspace
from zoo import downloads, registry, weights
from zoo.common import cli, files
from zoo.registry import Entry, Weights

LOCAL_OPTIONS = ("--data", "--out")
FOLDER_OF_CORPUS = re.compile(r"^((?:--corpus=)?[a-z_]+=)(?=.*[/\\]).+")
"""NAME=DIR, which names a corpus and its folder."""

INPUTS = {
    LEVEL: "It learnt from recordings of one level: take features of "
    "pipelines.audio.level.equal_level(waveform).",
    "speaker": "It learnt from inputs normalised by all recordings of their "
    "speaker: take those of zoo.frontends.SpeakerNormalisation.",
    "running": "It learnt from inputs normalised by the recordings of their "
    "speaker so far: take those of zoo.frontends.SpeakerNormalisation.",
}
"""What is said of the inputs of a model, by the normalisation it learnt with.
"""


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    parser = options.parser("package", __doc__)
    parser.add_argument("run", type=pathlib.Path, help="its folder")
    parser.add_argument("--out", type=pathlib.Path, default=weights.PACKAGED)
    parser.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        help="packages the weights beside the model's default ones, under a "
        "name that `weights` of zoo.get takes",
    )
    arguments = parser.parse_args(argv)
    if arguments.name is not None:
        _check_name(arguments.name)
    out = workspace.make_folder(arguments.out)
    name = arguments.name or weights.DEFAULT
    record = package(arguments.run, out, name)
    print(f"{arguments.out / record.file}: {record.bytes} bytes")


def _check_name(name: str) -> None:
    """Refuses what `zoo.get` could mistake for a path or other weights."""
    if not re.fullmatch(r"[a-z0-9_]+", name) or name == weights.DEFAULT:
        raise ValueError(
            "--as must be a name of small letters, digits and _, such as "
            f"mmmo, and not {weights.DEFAULT}. Received: {name!r}"
        )


def _check_free(entry: Entry, path: pathlib.Path, name: str) -> None:
    """Refuses a name whose file holds weights that arguments select."""
    if name == weights.DEFAULT or not path.exists():
        return
    if weights.stem(entry, files.read_json(path)["arguments"]) == path.stem:
        raise ValueError(
            f"--as {name} is taken: {path} holds the weights that arguments "
            f"of {entry.card.name} select. Choose another name."
        )


def package(
    run: pathlib.Path, out: pathlib.Path, name: str = weights.DEFAULT
) -> Weights:
    """Writes a finished run's weights and their record.

    Args:
        run: its folder.
        out: folder of packaged weights.
        name: by which `zoo.get` knows the weights.

    Raises:
        ValueError: the folder holds no finished run.
    """
    if not (run / "report.json").exists():
        raise ValueError(
            f"{run} holds no finished run. Finish it with the command that "
            "began it."
        )
    config = files.read_json(run / "config.json")
    report = files.read_json(run / "report.json")
    # A relative path could be the name of packaged weights.
    model = zoo.get(config["model"], weights=str(run.resolve()))
    entry = registry.entry(config["model"])
    stem = weights.stem(entry, config["arguments"], name)
    _check_free(entry, out / f"{stem}.json", name)
    path = out / f"{stem}.weights.h5"
    with files.replacing(path) as part:
        model.save_weights(part)
        half_precision.halve(part)
    record = _with_others(_record(path, config, report), evaluated.read(run))
    files.write_json(out / f"{stem}.json", dataclasses.asdict(record))
    return record


def _record(
    path: pathlib.Path, config: dict[str, Any], report: dict[str, Any]
) -> Weights:
    """Returns the record of a file of weights, from its run's files."""
    kinds = _kinds(config)
    partition = ", ".join(
        dict.fromkeys(_partition(kind, config) for kind in kinds.values())
    )
    return Weights(
        file=path.name,
        sha256=downloads.sha256(path),
        bytes=path.stat().st_size,
        corpus=config["corpus"],
        note=" ".join(filter(None, [report["note"], _about_inputs(config)])),
        protocol=_protocol(report, partition),
        figures=_figures(report),
        constants=_by_partition(report, _constants(report)),
        unit=report.get("unit", ""),
        units=_by_partition(report, report.get("units", {})),
        terms=_terms(kinds),
        date=report["date"],
        versions=report["versions"],
        command=portable(report["command"]),
        arguments=config["arguments"],
        simulated=any(kind.simulated for kind in kinds.values()),
    )


def _with_others(
    record: Weights, contents: Mapping[str, dict[str, Any]]
) -> Weights:
    """Returns a record with the figures on corpora that were not learnt from.

    Args:
        record: of the weights.
        contents: by corpus, what `tuning.evaluate` says.
    """
    names = {corpus: f"{corpus}, not learnt from" for corpus in contents}
    others = {
        names[corpus]: content["metrics"]["test"]
        for corpus, content in contents.items()
    }
    units = {
        names[corpus]: content["units"]["test"]
        for corpus, content in contents.items()
    }
    return dataclasses.replace(
        record,
        figures={**record.figures, **others},
        units={**record.units, **units},
    )


def _about_inputs(config: dict[str, Any]) -> str:
    """Returns what inputs a model needs that learnt normalised ones, or ""."""
    training = next(iter(config["training"].values()))
    return INPUTS.get(training.get("normalisation"), "")


def _figures(report: dict[str, Any]) -> dict[str, Any]:
    """Returns the saved model's figures; of folds, the pooled ones."""
    if not _is_folded(report):
        return report["saved"]["metrics"]
    own = report["saved"]["metrics"]
    return {"cross-validation": report["metrics"]["test"], **own}


def _constants(report: dict[str, Any]) -> dict[str, Any]:
    """Returns the constant baselines' figures of tasks, not of classes."""
    return {
        split: {
            name: {t: own for t, own in by_label.items() if ": " not in t}
            for name, by_label in by_name.items()
        }
        for split, by_name in report.get("constants", {}).items()
    }


def _is_folded(report: dict[str, Any]) -> bool:
    return "folds" in report["recordings"]


def _by_partition(
    report: dict[str, Any], content: dict[str, Any]
) -> dict[str, Any]:
    """Returns what a report has of partitions with figures, by their names."""
    names = {"test": "cross-validation" if _is_folded(report) else "test"}
    by_name = {names.get(s, s): value for s, value in content.items()}
    known = _figures(report)
    return {name: value for name, value in by_name.items() if name in known}


def _kinds(config: dict[str, Any]) -> dict[str, type[Corpus]]:
    """Returns the classes of the corpora that a run was trained on, by name."""
    folders = config["data"]
    names = folders if isinstance(folders, dict) else [config["corpus"]]
    return {name: corpora.find(name.partition(SEPARATOR)[0]) for name in names}


def _terms(kinds: dict[str, type[Corpus]]) -> str:
    """Returns the terms of a corpus; of several, each with its name."""
    if len(kinds) == 1:
        (kind,) = kinds.values()
        return kind.terms
    return "; ".join(f"{name}: {kind.terms}" for name, kind in kinds.items())


def _partition(corpus: type[Corpus], config: dict[str, Any]) -> str:
    """Returns who made the split that a run was trained on, in words."""
    if config.get("corpus_options", {}).get("folds") == "paper":
        return "custom split of the paper"
    return corpus.partition


def _protocol(report: dict[str, Any], partition: str) -> str:
    if _is_folded(report):
        return _folded(report)
    measures = ", ".join(report["measures"].values())
    counts = ", ".join(f"{n} {s}" for s, n in report["recordings"].items())
    saved = report["saved"]["seeds"]
    if any(isinstance(seeds, list) for seeds in saved.values()):
        networks = f"the mean of {len(report['runs'])} seeds"
    else:
        seeds = ", ".join(f"{name} {seed}" for name, seed in saved.items())
        networks = (
            f"of {len(report['runs'])} seeds the one best on dev ({seeds})"
        )
    return (
        f"{partition} ({counts} recordings); {networks}; {measures} pooled "
        "over all that a split holds"
    )


def _folded(report: dict[str, Any]) -> str:
    counts, seeds = report["recordings"], len(report["runs"])
    networks = f"{seeds} seeds averaged" if seeds > 1 else "one seed"
    if epochs := report["saved"].get("epochs"):
        (count,) = epochs.values()
        trained = (
            f"all speakers (epochs: {count}, as the folds chose on average), "
            "which has no figure of its own"
        )
    else:
        trained = (
            "all speakers but those that validate the first fold, whose own "
            "figure is that of dev"
        )
    return (
        f"cross-validation over speakers ({counts['utterances']} utterances, "
        f"{counts['folds']} folds, {networks}); these weights "
        f"are of one more network, trained on {trained}"
    )


def portable(command: str) -> str:
    """Returns a command without the folders of the machine that it ran on."""
    words = iter(shlex.split(command))
    kept = []
    for word in words:
        name, has_value, _ = word.partition("=")
        if name in LOCAL_OPTIONS:
            if not has_value:
                next(words, None)
            kept += [name, "FOLDER"] if name == "--data" else []
        else:
            kept.append(FOLDER_OF_CORPUS.sub(r"\1FOLDER", word))
    return shlex.join(kept)


if __name__ == "__main__":
    sys.exit(main())
