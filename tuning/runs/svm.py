"""The run of support vector machines: their posteriors, scores and report."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.corpora.base import Corpus
from pipelines.datasets import utterances
from pipelines.datasets.utterances import EMOTION
from pipelines.labels import RatingLevels
from tuning.experiments import class_scores, classes, functionals, svm
from tuning.experiments.choices import Choices
from tuning.experiments.svm_folds import (
    CALIBRATED,
    Predictions,
    SvmExperiment,
)
from tuning.protocols import names as protocols
from tuning.runs import report, workspace
from tuning.runs.figures import MODEL, about_intervals
from tuning.runs.provenance import provenance, sentence
from tuning.runs.request import CorpusRequest
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import cli, files

NAME = "svm"
COMPARED = {EMOTION: "iemocap_attention_blstm_fcn"}
"""Model whose protocol is the default; of levels, iemocap_e2e_mtl_att."""
ABOUT = {
    "egemaps": "eGeMAPS functionals (openSMILE, for research use only)",
    "yaafe": "mean and deviation of Yaafe's features over the utterance, "
    "after a logarithm with a sign",
}


@dataclasses.dataclass(frozen=True)
class SvmRequest:
    """Arguments of the baseline.

    Attributes:
        corpus: of the utterances.
        label: "emotion", or a dimension with three levels.
        classes: emotions to tell apart, as `--classes` names them.
        normalisation: one of `tuning.experiments.functionals.NORMALISATIONS`.
        protocol: `None` for that of the compared model.
        features: one of `tuning.experiments.functionals.FRONT_ENDS`.
        out: folder of the run; `None` for one beside the other runs.
        fresh: whether to start over where it is finished already.
    """

    corpus: CorpusRequest
    label: str = EMOTION
    classes: str | None = None
    normalisation: str = "none"
    protocol: str | None = None
    features: str = "egemaps"
    out: pathlib.Path | None = None
    fresh: bool = False

    @property
    def folder(self) -> pathlib.Path:
        """The folder of the run."""
        corpus = self.corpus
        task = None if self.label == EMOTION else self.label
        name = workspace.run_name(
            f"{NAME}-{self.features}",
            corpus,
            dict(corpus.options),
            Choices(classes=self.classes, task=task, protocol=self.protocol),
            corpus.partial,
        )
        if self.normalisation != "none":
            name += f"-{self.normalisation}"
        return self.out or corpus.beside / name


def run(request: SvmRequest, progress: Progress) -> dict[str, Any]:
    """Fits the machines, and writes their posteriors and their report.

    A finished run is read, not repeated.

    Returns:
        The report, as in `report.json`.

    Raises:
        UsageError: classes of a dimension, or fewer than two.
        ValueError: labels or speakers that the corpus lacks, no openSMILE, or
            a folder that holds another run.
    """
    corpus, out = request.corpus.open(), request.folder
    own = _experiment(request, corpus)
    with workspace.new_folder(out):
        wanted = _config(request, corpus, own)
        if not request.fresh:
            workspace.check_identity(out, wanted)
            if workspace.is_finished(out):
                return files.read_json(out / "report.json")
        features = functionals.functionals(
            corpus,
            own.labelled,
            request.normalisation,
            progress,
            out.parent / "features",
            request.features,
        )
    if request.fresh:
        workspace.start_over(out)
    files.write_json(out / "config.json", wanted)
    systems, kept = _predict(own, features, progress)
    content = {
        **_heading(request, corpus, own),
        **own.figures({**systems, "majority": own.majority()}),
        **provenance(),
    }
    _write(out, own, kept, content)
    return content


def _write(
    out: pathlib.Path,
    own: SvmExperiment,
    kept: Mapping[str, Predictions],
    content: Mapping[str, Any],
) -> None:
    """Writes predictions and, last, the report."""
    arrays: dict[str, Any] = {}
    for split, predictions in kept.items():
        arrays |= own.arrays(split, predictions)
    with files.replacing(out / "predictions.npz") as part:
        np.savez_compressed(part, **arrays)
    files.write_text(out / "report.md", markdown(content) + "\n")
    files.write_json(out / "report.json", content)


def _predict(
    own: SvmExperiment, features: np.ndarray, progress: Progress
) -> tuple[dict[str, Predictions], dict[str, Predictions]]:
    """Returns what all systems predict, and by partition what is kept."""
    systems = {
        grid: own.predict(features, own.scored, grid, progress)
        for grid in svm.GRIDS
    }
    kept = {own.scored: systems[CALIBRATED]}
    for split in set(own.folds) - set(kept):
        kept[split] = own.predict(features, split, CALIBRATED, progress)
    progress.clear()
    return systems, kept


def _experiment(request: SvmRequest, corpus: Corpus) -> SvmExperiment:
    compared = recipe(COMPARED.get(request.label, "iemocap_e2e_mtl_att"))
    return SvmExperiment(
        corpus,
        request.label,
        _names(corpus, request),
        request.protocol or protocols.default(compared, corpus),
    )


def _config(
    request: SvmRequest, corpus: Corpus, own: SvmExperiment
) -> dict[str, Any]:
    """Returns what two commands must share to be the same run."""
    is_emotion = request.label == EMOTION
    return {
        "model": NAME,
        **workspace.source(corpus, dict(request.corpus.options)),
        "features": request.features,
        "normalisation": request.normalisation,
        "protocol": own.protocol,
        "arguments": {"labels": list(own.names)}
        if is_emotion
        else {"tasks": [request.label]},
    }


def _heading(
    request: SvmRequest, corpus: Corpus, own: SvmExperiment
) -> dict[str, Any]:
    """Returns what the report says beside the figures."""
    folds = own.folds[own.scored]
    counts = np.bincount(
        own.y_true[own.tested(own.scored)], minlength=len(own.names)
    )
    left_out = utterances.excluded_emotions(corpus, own.tasks)
    by_class = {request.label: dict(zip(own.names, counts.tolist()))}
    return {
        "note": corpus.note,
        "model": NAME,
        "kind": MODEL,
        "corpus": corpus.name,
        "citation": corpus.citation,
        "notes": [
            f"{ABOUT[request.features]}; normalisation "
            f"{request.normalisation}; {own.protocol}, pooled",
            about_intervals("speaker", len(set(own.speakers(own.scored)))),
            *corpus.notes(),
            *protocols.notes(folds, own.labelled),
            *own.omissions,
            *classes.notes(left_out, by_class),
        ],
        "measures": class_scores.MEASURES,
    }


def markdown(content: Mapping[str, Any]) -> str:
    """Returns the report: the corpus' caveat, and the figures."""
    head = ["svm", "label", *content["measures"].values()]
    rows = [[name, label, *row] for name, label, row in report.scores(content)]
    parts = [
        *([f"**{content['note']}**"] if content["note"] else []),
        f"# Support vector machines on {content['corpus']}",
        f"Data: {content['citation']}",
        "\n".join(f"- {note}" for note in content["notes"]),
        report.table(head, rows),
        "Settings are chosen on speakers of the training: none of the nested "
        "grid's figures is optimistic.",
        sentence(content),
    ]
    return "\n\n".join(parts)


def _names(corpus: Corpus, request: SvmRequest) -> Sequence[str]:
    """Returns the classes to tell apart."""
    if request.label != EMOTION:
        if request.classes is not None:
            raise cli.UsageError(
                f"--classes is for emotions; --label {request.label} has "
                f"the levels {', '.join(RatingLevels.names)}."
            )
        return RatingLevels.names
    if not corpus.emotions:
        raise ValueError(
            f"{corpus.name!r} has no emotions. Name one of its dimensions "
            "with --label, or another corpus."
        )
    names = classes.named(request.classes, corpus) or corpus.emotions
    return classes.at_least_two(names, corpus)
