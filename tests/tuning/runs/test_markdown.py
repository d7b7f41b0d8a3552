"""The report of a run as a reader sees it."""

from __future__ import annotations

import numpy as np
import pytest

import pipelines
from tuning.experiments import class_scores
from tuning.runs import markdown

DIMENSIONS = ("arousal", "valence")
SPLITS = ("dev", "test")
CLOSE = 1e-6


def truth(folder, split):
    corpus = pipelines.corpus("simulated", folder)
    traces = [corpus.traces(u) for u in corpus.split(split)]
    return {d: np.concatenate([t[d] for t in traces]) for d in DIMENSIONS}


@pytest.mark.slow
def test_a_report_says_what_figures_are_and_what_was_chosen_on_dev(searched):
    text = (searched.folder / "report.md").read_text("utf-8")
    assert "Figures are of an ensemble of 2 seeds" in text
    assert "over speakers, drawn whole (9 in dev, 9 in test)." in text
    assert (
        "Chosen on dev: epochs, the configuration (of 2 trials a target) and "
        "the saved model's seed" in text
    )
    assert "Nothing was chosen on test." in text
    assert "CCC, mean of 2 seeds" in text and "±" not in text
    assert "**Single network.** The saved model" in text


@pytest.mark.slow
def test_constants_and_speakers_stand_in_the_report(searched, simulated):
    text = (searched.folder / "report.md").read_text("utf-8")
    constants = searched.report["constants"]
    for split in SPLITS:
        for dimension, true in truth(simulated, split).items():
            zero = constants[split]["zero"][dimension]
            assert zero["ccc"] == 0
            assert abs(zero["rmse"] - np.sqrt(np.mean(true**2))) < CLOSE
            assert f"| {split} | {dimension} | zero | 0.000 (" in text
    median = np.median(truth(simulated, "train")["arousal"])
    error = truth(simulated, "test")["arousal"] - median
    found = constants["test"]["median"]["arousal"]["rmse"]
    assert abs(found - np.sqrt(np.mean(error**2))) < CLOSE
    speakers = searched.report["by_unit"]["test"]
    assert len(speakers) == 9
    for name, own in speakers.items():
        ccc = own["metrics"]["valence"]["ccc"]
        assert f"| {name} | 1 | valence | {ccc:.3f} | " in text


def content(**changes):
    """The report of a cross-validated run on three speakers."""
    rng = np.random.default_rng(0)
    y_true = np.repeat([0, 1], 30)[:, None]
    posteriors = rng.dirichlet([1, 1], (60, 1))
    units = [f"s{i % 3}" for i in range(60)]
    sums = class_scores.sums(
        y_true, posteriors, {"emotion": ("sad", "glad")}, units
    )
    scores = sums.scores()
    by_unit = {
        unit: {"count": 20, "metrics": own}
        for unit, own in sums.of_units().items()
    }
    return {
        "note": "",
        "unit": "speaker",
        "units": {"dev": 3, "test": 3},
        "recordings": {"utterances": 60, "folds": 3},
        "measures": class_scores.MEASURES,
        "metrics": {"dev": scores, "test": scores},
        "runs": [{"metrics": {"dev": scores, "test": scores}}],
        "search": {},
        "calibration": {},
        "constants": {"test": {"majority": {"emotion": {"uar": 0.5}}}},
        "classes": {"emotion": {"all folds": {"sad": 30, "glad": 30}}},
        "by_unit": {"test": by_unit},
        **changes,
    }


def test_few_speakers_and_one_seed_have_neither_interval_nor_deviation():
    known = content()
    assert markdown.intervals(known) == [
        "No interval for dev: 3 speakers.",
        "No interval for test: 3 speakers.",
    ]
    assert "of a single network," in markdown.kind(known)
    assert "low" not in known["metrics"]["test"]["emotion"]


def test_constants_and_chance_of_classes():
    text = markdown.constants(content())
    assert "By chance emotion has UA 0.500 (1 of 2 classes)." in text
    assert "| test | emotion | majority | 0.500 | - | - |" in text
    assert "| sad | 30 |" in markdown.classes(content())[1]


def test_many_units_are_summarised(monkeypatch):
    heading, text = markdown.by_unit(content())
    assert heading == "## By speaker, test" and text.count("| 20 |") == 3
    monkeypatch.setattr(markdown, "MOST_UNITS", 2)
    _, text = markdown.by_unit(content())
    assert "UA (recall of a class) of 3 speakers:" in text
    assert "| label | least | lower quartile |" in text
    assert text.count("| emotion | ") == 1


def test_temperatures_stand_with_the_errors_that_they_mend():
    assert markdown.calibration(content()) == []
    own = {"temperature": 1.5, "errors": {"dev": {"before": 0.2, "after": 0.1}}}
    _, text = markdown.calibration(content(calibration={"emotion": own}))
    assert "| emotion | 1.5 | dev | 0.200 | 0.100 |" in text


def test_a_cross_validated_search_says_that_it_is_optimistic():
    search = {"trials": [{"target": "classes"}] * 5}
    text = " ".join(markdown.chosen(content(search=search)))
    assert "the configuration (of 5 trials a target)" in text
    assert "Test's are optimistic too" in text
    text = " ".join(markdown.chosen(content()))
    assert text.startswith("Chosen on dev: epochs; dev's figures are")
    assert text.endswith("Nothing was chosen on test.")
    only_dev = {"dev": content()["metrics"]["dev"]}
    text = " ".join(markdown.chosen(content(metrics=only_dev)))
    assert text.endswith("No test partition is scored.")


def test_a_network_of_all_speakers_has_no_figures_of_its_own():
    own = {"temperature": 1.5, "errors": {"dev": {"before": 0.2, "after": 0.1}}}
    known = content(
        saved={
            "seeds": {"classes": 0},
            "metrics": {},
            "epochs": {"classes": 7},
        },
        saved_as="One more network.",
        calibration={"emotion": own},
    )
    (sentence,) = markdown.saved(known)
    assert sentence == ("**Single network.** One more network. Epochs: 7.")
    about, _ = markdown.calibration(known)
    assert "on dev of all folds, predicted by the networks" in about
