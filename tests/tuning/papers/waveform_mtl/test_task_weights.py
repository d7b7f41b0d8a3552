"""Random search of the weights of tasks."""

from __future__ import annotations

from tuning.papers.waveform_mtl import task_weights
from tuning.papers.waveform_mtl.task_weights import Trial
from tuning.training import hyperparameters
from tuning.training.recipe import recipe


def test_proposals_begin_with_equal_weights_and_lie_within_bounds():
    eight = task_weights.proposals(8)
    assert set(eight[0].values()) == {1.0}
    assert task_weights.proposals(3) == eight[:3]
    drawn = [value for weights in eight[1:] for value in weights.values()]
    assert all(0.1 <= value <= 1 for value in drawn) and len(set(drawn)) > 15


def test_proposals_are_values_of_the_space():
    for weights in task_weights.proposals(3):
        changes = task_weights.changes(weights, "valence")
        training = hyperparameters.configure(
            recipe("iemocap_e2e_mtl"), "classes", changes
        ).training
        assert training["main_task"] == "valence"
        found = {task: training[f"{task}_weight"] for task in weights}
        assert found == weights


def test_each_main_task_takes_its_own_best_weights():
    one = Trial({"arousal": 1}, {"arousal": 0.5, "valence": 0.5})
    other = Trial({"arousal": 2}, {"arousal": 0.4, "valence": 0.7})
    assert task_weights.best([one, other], "arousal") is one
    assert task_weights.best([one, other], "valence") is other
    assert task_weights.best([one, other], "all") is other
    assert task_weights.best([one, one], "arousal") is one
