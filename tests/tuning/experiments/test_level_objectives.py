"""What networks of levels may learn: means, shares of raters, an order."""

from __future__ import annotations

import emotale_copy
import numpy as np
import pytest
import spoken
from experiments import open_experiment

import pipelines
from tuning.training import hyperparameters
from tuning.training.recipe import recipe
from zoo.common import cli

MODEL = "iemocap_e2e_mtl_att"


def configured(*changes):
    return hyperparameters.configure(recipe(MODEL), "classes", changes)


RATINGS = ((1, 1, 2.5), (3, 3, 2), (5, 4, 5))
"""Of an utterance by three raters, who do not agree on the first two levels."""


def rate(root):
    """Replaces all ratings of a copy, so that every level occurs often."""
    path = root / "annotations.csv"
    head, *rows = path.read_text().splitlines()
    names = head.split(",")
    table = [dict(zip(names, row.split(","))) for row in rows]
    for number, row in enumerate(table):
        for rater, rating in enumerate(RATINGS[number % 3], start=1):
            row.update({f"a{rater}_{letter}": str(rating) for letter in "AVD"})
    lines = [",".join(row.values()) for row in table]
    path.write_text("\n".join([head, *lines]) + "\n")
    return root


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    root = tmp_path_factory.mktemp("emotale")
    data = rate(emotale_copy.write_copy(root / "copy", speakers=12))
    corpus = pipelines.corpus("emotale", data, partial=True)
    return open_experiment(MODEL, corpus, 1)


def targets(experiment, *changes):
    """The targets of arousal of the first training batch."""
    job = experiment.parts[0].job("classes", configured(*changes))
    _, labels, _ = next(iter(job.train(0, 0)))
    return labels["arousal"].numpy()


def test_shares_of_the_raters_are_learnt(rated):
    shares = targets(rated, "objective=soft")
    assert shares.ndim == 2
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert {0.0, 1.0} < {*shares.ravel().round(3).tolist()}
    for objective in ("ce", "ordinal"):
        assert targets(rated, f"objective={objective}").ndim == 1


@pytest.mark.slow
def test_a_network_trains_on_shares_and_gets_thresholds(rated, tmp_path):
    configuration = configured(
        "objective=soft", "thresholds=true", "level=true", "framing=shared"
    )
    part = rated.parts[0]
    fit = part.fit(tmp_path, "classes", configuration, 0, 1)
    outputs = part.outputs_of(fit, configuration)
    for own in outputs.values():
        np.testing.assert_allclose(own["classes"].sum(axis=-1), 1, rtol=1e-5)
    history = (tmp_path / "fits").rglob("history.csv")
    assert ",nan" not in next(iter(history)).read_text()


def test_a_corpus_without_single_ratings_is_refused(tmp_path):
    data = spoken.write(tmp_path / "corpus")
    corpus = pipelines.corpus("manifest", data)
    experiment = open_experiment(
        MODEL, corpus, 1, protocol="leave_one_speaker_out"
    )
    with pytest.raises(ValueError, match="ratings of single raters"):
        experiment.parts[0].job("classes", configured("objective=soft"))


def test_labels_are_not_smoothed_twice():
    with pytest.raises(cli.UsageError, match="label_smoothing.*Set it to 0"):
        configured("objective=soft", "label_smoothing=0.1")


def test_a_wrong_objective_is_refused():
    with pytest.raises(cli.UsageError, match="one of ce, soft, ordinal"):
        configured("objective=sof")
