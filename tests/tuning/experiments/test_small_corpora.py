"""Options of recipes that suit small corpora."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import spoken
from experiments import open_experiment

import pipelines
from pipelines.audio.level import equal_level
from pipelines.features import yaafe
from pipelines.features.extraction import LEVEL
from tuning.experiments.changed_recordings import Inputs, copy
from tuning.training import hyperparameters
from tuning.training.recipe import recipe
from zoo.common import cli

MODEL = "iemocap_attention_blstm_fcn"
SMALL = ("components=12", "units=4")


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    data = spoken.write(tmp_path_factory.mktemp("spoken") / "corpus")
    corpus = pipelines.corpus("manifest", data)
    return open_experiment(MODEL, corpus, 2, protocol="leave_one_speaker_out")


def configured(*changes):
    return hyperparameters.configure(recipe(MODEL), "classes", changes)


@pytest.mark.parametrize(
    "change, words",
    [
        ("ema=1", "from 0 to below 1"),
        ("label_smoothing=-0.1", "from 0 to below 1"),
        ("schedule=cosin", "one of constant, plateau, cosine"),
        ("statistics=maybe", "true or false"),
        ("warmup=1.5", "whole number from 0"),
    ],
)
def test_a_wrong_value_is_refused_before_reading(change, words):
    with pytest.raises(cli.UsageError, match=f"{change}: .*{words}"):
        configured(change)


def test_the_papers_recipe_is_the_default():
    configuration = configured()
    assert configuration.arguments["statistics"] is False
    training = configuration.training
    assert [training[n] for n in ("ema", "label_smoothing", "warmup")] == [
        0
    ] * 3


@pytest.mark.parametrize("name", ["iemocap_e2e_mtl", MODEL])
def test_operations_of_augmentation_are_checked(name):
    own = recipe(name)
    changed = hyperparameters.configure(own, "classes", ["augment=gain+room"])
    assert changed.training["augment"] == "gain+room"
    for value in ("gains", "gain+gain", "gain,room"):
        with pytest.raises(cli.UsageError, match="joined by [+]"):
            hyperparameters.configure(own, "classes", [f"augment={value}"])
    for value in ("0", "1.5", "5", "some"):
        with pytest.raises(cli.UsageError, match="whole number from 1 to 4"):
            configured("augment=gain", f"copies={value}")
    with pytest.raises(cli.UsageError, match="copies=2 needs .*augment="):
        configured("copies=2")


def test_features_are_augmented_by_copies_and_waveforms_on_the_way():
    assert Inputs.of(configured().training) == Inputs("none")
    training = configured("augment=gain", "copies=2").training
    assert Inputs.of(training) == Inputs("none", "gain", 2)
    own = recipe("iemocap_e2e_stl")
    changed = hyperparameters.configure(own, "classes", ["augment=gain"])
    assert Inputs.of(changed.training) == Inputs("none")


@pytest.mark.slow
def test_copies_are_learnt_from_and_nothing_else_changes(experiment):
    part, changes = experiment.parts[0], ("augment=gain+noise", "copies=2")
    plain, changed = (configured(*own, *SMALL) for own in ((), changes))
    assert experiment.data.prepare(changed.training)
    assert not experiment.data.prepare(changed.training)
    train = part.fold.train
    own = experiment.data.learnt(train, Inputs.of(changed.training))
    assert [sample.id for sample in own] == [*train] * 3
    first, *others = (own[i :: len(train)] for i in range(len(train)))
    original, *copies = (sample.inputs for sample in first)
    assert all(copy.shape == original.shape for copy in copies)
    assert any(
        not np.array_equal(sample.inputs, each[0].inputs)
        for each in others
        for sample in each[1:]
    )
    jobs = [part.job("classes", own) for own in (plain, changed)]
    assert jobs[1].steps == pytest.approx(3 * jobs[0].steps, abs=2)
    before, after = (
        [batch[0]["features"].numpy() for batch in job.dev()] for job in jobs
    )
    for one, two in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.slow
def test_features_of_one_level_are_of_recordings_of_one_level(experiment):
    corpus, data = experiment.corpus, experiment.data
    levelled, plain = data.normalised(LEVEL), data.normalised("none")
    first = corpus.utterances[0]
    expected = yaafe.extract(equal_level(corpus.waveform(first)))
    np.testing.assert_array_equal(levelled[first.id].inputs, expected)
    assert not np.array_equal(plain[first.id].inputs, expected)


def test_a_copy_depends_on_the_samples_and_its_number_alone():
    rng = np.random.default_rng(0)
    one, two = (rng.normal(0, 0.1, 400).astype("float32") for _ in range(2))

    def copies(number):
        change = copy("gain+noise", number).change
        return [change(own) for own in (one, one.copy(), two)]

    same, again, other = copies(1)
    np.testing.assert_array_equal(same, again)
    assert any(not np.array_equal(same, copies(n)[0]) for n in (2, 3))
    assert not np.array_equal(same / one, other / two)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["none", "speaker"])
def test_statistics_are_standardised_on_the_train_partition_alone(
    experiment, scheme
):
    part = experiment.parts[0]
    configuration = configured(
        "statistics=true", f"normalisation={scheme}", *SMALL
    )
    model = part.build("classes", configuration)
    part.job("classes", configuration).adapt(model)
    layer = model.get_layer("statistics")
    vectors = np.concatenate(
        [
            keras.ops.convert_to_numpy(layer(sample.inputs[None]))
            for sample in part.samples("train", scheme)
        ]
    )
    varies = vectors.std(axis=0) > 0.1
    assert varies.sum() > 1000
    inside = varies & (np.abs(vectors).max(axis=0) < 5)
    np.testing.assert_allclose(vectors[:, inside].mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(vectors[:, inside].std(axis=0), 1, atol=0.01)


@pytest.mark.slow
def test_only_training_batches_are_augmented(experiment):
    model = "iemocap_e2e_stl"
    whole = open_experiment(
        model, experiment.corpus, 1, protocol="leave_one_speaker_out"
    )
    jobs = [
        whole.parts[0].job(
            "classes", hyperparameters.configure(recipe(model), "classes", own)
        )
        for own in ([], ["augment=gain"])
    ]

    def waveforms(batches):
        return next(iter(batches))[0]["waveform"].numpy()

    plain, changed = (waveforms(job.train(0, 0)) for job in jobs)
    scales = np.abs(changed).max(axis=1) / np.abs(plain).max(axis=1)
    assert len({*scales.round(4)}) > 2 and (scales.round(4) == 1).any()
    np.testing.assert_array_equal(*(waveforms(job.dev()) for job in jobs))
    np.testing.assert_array_equal(changed, waveforms(jobs[1].train(0, 0)))
