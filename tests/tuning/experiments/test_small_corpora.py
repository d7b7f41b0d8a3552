"""Options of recipes that suit small corpora."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import spoken
from experiments import open_experiment

import pipelines
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


def test_augmentation_is_of_waveforms_alone():
    own = recipe("iemocap_e2e_mtl")
    changed = hyperparameters.configure(own, "classes", ["augment=gain+room"])
    assert changed.training["augment"] == "gain+room"
    for value in ("gains", "gain+gain", "gain,room"):
        with pytest.raises(cli.UsageError, match="joined by [+]"):
            hyperparameters.configure(own, "classes", [f"augment={value}"])
    with pytest.raises(cli.UsageError, match="no hyper-parameter 'augment'"):
        configured("augment=gain")


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
