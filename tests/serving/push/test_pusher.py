"""Validation, blessings, thresholds and labels of what is pushed."""

from __future__ import annotations

import json
import shutil

import commands
import numpy as np
import pytest
import served

from serving import versions
from serving.export import warmup
from serving.push import __main__ as command
from serving.push import pusher, validation
from serving.push.validation import Thresholds

THRESHOLDS = Thresholds(
    at_least={"arousal.ccc": 0.5}, at_most={"arousal.rmse": 0.3}
)
NAME = "summing"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """An export with its warm-up requests, to be copied."""
    folder = served.export(tmp_path_factory.mktemp("build") / NAME / "1")
    inputs = served.features(4, 2)
    warmup.write(
        folder, NAME, [("serving_default", inputs, served.answer(inputs))]
    )
    return folder


@pytest.fixture
def build(exported, tmp_path):
    """A folder of exports."""
    shutil.copytree(exported, tmp_path / "build" / NAME / "1")
    return tmp_path / "build"


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def fine(monkeypatch):
    """The infra check passes at once."""
    verdict = validation.Verdict((), {"recorded_requests": 1})
    monkeypatch.setattr(validation, "validate_infra", lambda *_: verdict)


def run(*words) -> commands.Done:
    return commands.run(command.main, *words)


def figures(export, **values):
    """Writes other figures on an export's card."""
    path = export / "assets.extra" / "card.json"
    card = json.loads(path.read_text())
    card["weights"]["figures"]["test"]["arousal"].update(values)
    path.write_text(json.dumps(card))


@pytest.mark.slow
def test_a_push_checks_blesses_and_publishes(build, models):
    done = run(build, models, "--at-least=arousal.ccc=0.5", "--json")
    assert done.code == 0, done.err
    pushed = json.loads(done.out)
    assert (pushed["version"], pushed["label"]) == (1, "stable")
    infra = pushed["measurements"]["infra"]
    assert infra["recorded_requests"] == 1 and infra["random_requests"] == 20
    assert infra["difference"] < 1e-5 and infra["project_packages"] == []
    here = build / NAME
    assert (here / "InfraValidator/blessing/1/INFRA_BLESSED").exists()
    assert (here / "Evaluator/blessing/1/BLESSED").exists()
    record = (here / "Pusher/pushed_model/1/pushed.json").read_text()
    assert json.loads(record)["pushed_version"] == "1"
    assert versions.digest(models / NAME / "1") == versions.digest(here / "1")
    assert versions.labels(models / NAME) == {"stable": 1}


@pytest.mark.slow
def test_a_model_without_its_variables_is_not_blessed(build, models):
    """TF Serving would load it and then fail every request."""
    for path in (build / NAME / "1/variables").iterdir():
        path.unlink()
    done = run(build, models, "--at-least=arousal.ccc=0.5")
    assert done.code == 1
    assert "not blessed and not published: " in done.sentence
    assert "Error: " in done.sentence
    assert versions.numbers(models / NAME) == []
    refused = build / NAME / "InfraValidator/blessing/1"
    assert sorted(path.name for path in refused.iterdir()) == [
        "INFRA_NOT_BLESSED",
        "blessing.json",
    ]


def test_without_thresholds_nothing_is_blessed(build, models, fine):
    done = run(build, models)
    assert done.code == 1 and "there are no thresholds" in done.sentence
    assert not (build / NAME / "Evaluator").exists()
    assert not models.exists()


@pytest.mark.parametrize(
    "thresholds, words",
    [
        (
            Thresholds(at_least={"arousal.ccc": 0.8}),
            "arousal.ccc is 0.7, less than",
        ),
        (
            Thresholds(at_most={"arousal.rmse": 0.1}),
            "rmse is 0.2, more than 0.1",
        ),
        (Thresholds(at_least={"valence.ccc": 0}), "no figure 'valence.ccc'"),
        (Thresholds(at_least={"arousal": 0}), "no figure 'arousal' on 'test'"),
        (
            Thresholds("dev", {"arousal.ccc": 0}),
            "no figures on 'dev', but on: test",
        ),
    ],
)
def test_figures_below_a_threshold_are_not_blessed(
    build, models, fine, thresholds, words
):
    with pytest.raises(ValueError, match=words):
        pusher.push(build / NAME, models / NAME, thresholds)
    assert (build / NAME / "Evaluator/blessing/1/NOT_BLESSED").exists()
    assert versions.numbers(models / NAME) == []


def test_figures_are_held_against_the_live_version(build, models, fine):
    pusher.push(build / NAME, models / NAME, THRESHOLDS)
    export = shutil.copytree(build / NAME / "1", build / NAME / "2")
    figures(export, ccc=0.69)
    with pytest.raises(ValueError, match="0.69, worse than the 0.7 of version"):
        pusher.push(build / NAME, models / NAME, THRESHOLDS)
    lenient = Thresholds(at_least=THRESHOLDS.at_least, slack=0.02)
    assert pusher.push(build / NAME, models / NAME, lenient).version == 2
    other = served.export(build / NAME / "3", corpus="recola")
    assert other.exists()
    with pytest.raises(ValueError, match="on recola, those of version 2 on"):
        pusher.push(build / NAME, models / NAME, THRESHOLDS)


def test_what_changed_after_its_blessing_is_not_published(
    build, models, monkeypatch
):
    def infra(export, budget):
        (export / "saved_model.pb").write_text("another")
        return validation.Verdict((), {})

    monkeypatch.setattr(validation, "validate_infra", infra)
    with pytest.raises(ValueError, match="changed after it was validated"):
        pusher.push(build / NAME, models / NAME, THRESHOLDS)
    assert versions.numbers(models / NAME) == []


def test_thresholds_may_lie_with_the_models(build, models, fine):
    models.mkdir()
    path = models / command.THRESHOLDS
    path.write_text(json.dumps({NAME: {"at_least": {"arousal.ccc": 0.9}}}))
    assert "less than 0.9" in run(build, models).sentence
    path.write_text(json.dumps({NAME: {"at_leats": {"arousal.ccc": 0.9}}}))
    assert "at_leats" in run(build, models).sentence
    path.write_text(json.dumps({NAME: {"at_least": {"arousal.ccc": 0.6}}}))
    done = run(build, models)
    assert done.code == 0 and done.out == f"{models / NAME / '1'} is stable\n"


def test_labels_move_and_roll_back(build, models, fine):
    base = models / NAME
    with pytest.raises(ValueError, match="no stable version yet"):
        pusher.push(build / NAME, base, THRESHOLDS, canary=True)
    for _ in range(2):
        pusher.push(build / NAME, base, THRESHOLDS)
    assert versions.labels(base) == {"stable": 2}
    assert (
        pusher.push(build / NAME, base, THRESHOLDS, canary=True).label
        == "canary"
    )
    assert versions.labels(base) == {"stable": 2, "canary": 3}
    assert versions.served(base) == [2, 3]
    assert run(models, "--roll-back").out == f"{base / '2'} is stable\n"
    assert versions.labels(base) == {"stable": 2}
    pusher.push(build / NAME, base, THRESHOLDS, canary=True)
    assert run(models, "--promote").code == 0
    assert versions.labels(base) == {"stable": 4}
    assert "no canary to promote" in run(models, "--promote").sentence
    assert run(models, "--roll-back").code == 0
    assert versions.served(base) == [3]
    assert run(models, "--roll-back", "--version=1").code == 0
    assert versions.served(base) == [1]
    assert "no version before 1" in run(models, "--roll-back").sentence
    done = run(models, "--roll-back", "--version=9")
    assert "no version 9. It holds: 1, 2, 3, 4" in done.sentence


def test_old_versions_are_removed_but_not_the_served_ones(build, models, fine):
    base = models / NAME
    for _ in range(4):
        pusher.push(build / NAME, base, THRESHOLDS, keep=2)
    assert versions.numbers(base) == [2, 3, 4]
    versions.roll_back(base, 2)
    assert pusher.push(build / NAME, base, THRESHOLDS, keep=0).removed == [
        2,
        3,
        4,
    ]
    assert versions.numbers(base) == [5]
    assert [x for x in base.iterdir() if x.name[0] == "."] == [base / ".lock"]


@pytest.mark.parametrize(
    "words, code, sentence",
    [
        (["build"], 2, "push needs the folder of exports and that of"),
        (["build", "models"], 1, "build must be a folder of models"),
        (["build", "models", "--model=x"], 1, "holds no export. Write one"),
        (["b", "m", "--model=x", "--at-least=y"], 2, "must be FIGURE=NUMBER"),
        (["models", "--promote", "--model=x"], 1, "holds no version. Push"),
    ],
)
def test_mistakes_end_in_a_sentence(
    words, code, sentence, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.code == code and sentence in done.sentence


def test_answers_of_the_small_model_are_what_tests_expect(exported):
    import tensorflow as tf

    inputs = served.features(5, 3)
    loaded = tf.saved_model.load(str(exported))
    function = loaded.signatures["serving_default"]
    outputs = function(**{k: tf.constant(v) for k, v in inputs.items()})
    for name, expected in served.answer(inputs).items():
        np.testing.assert_allclose(outputs[name], expected, atol=1e-5)
