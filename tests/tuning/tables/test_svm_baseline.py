"""Support vector machines on the folds of a table's networks."""

from __future__ import annotations

import numpy as np
import pytest
import spoken

import pipelines
from tuning.experiments import svm
from tuning.tables import svm_baseline
from tuning.tables.registry import TablesRequest
from tuning.tables.trained import Systems
from tuning.training.progress import Progress

MODEL = "iemocap_e2e_mtl_att"


@pytest.mark.slow
@pytest.mark.usefixtures("descriptors")
def test_those_that_predict_dev_are_not_trained_on_it(tmp_path, monkeypatch):
    corpus = pipelines.corpus(
        "manifest", spoken.write(tmp_path / "corpus", speakers=5, each=1)
    )
    request = TablesRequest(corpus, {}, tmp_path, tmp_path, protocol="dealt")
    systems = Systems(request, Progress())
    experiment = systems.experiment(MODEL)
    asked = []

    def predict(features, y_true, names, utterances, folds, grid):
        (fold,) = folds
        asked.append(fold)
        return svm.Predicted(np.eye(len(utterances)), [])

    monkeypatch.setattr(svm, "predict", predict)
    order = {utterance.id: i for i, utterance in enumerate(corpus.utterances)}
    for split in ("dev", "test"):
        asked.clear()
        found = svm_baseline.predictions(systems, experiment, "valence", split)
        assert found.tolist() == [order[n] for n in experiment.ids(split)]
        for fold, own in zip(asked, experiment.folds, strict=True):
            added = own.dev if split == "test" else ()
            assert {*fold.train} == {*own.train, *added}
            assert not fold.dev and fold.test == getattr(own, split)
