"""Paper 003's network with a branch of utterance statistics."""

from __future__ import annotations

import golden
import keras
import numpy as np
import pytest
from contracts import array, noise, with_padding

import zoo
from pipelines.features.statistics import utterance_statistics
from serving.export import exporter
from zoo.papers import attention_fcn
from zoo.papers.attention_fcn.statistics import LIMIT, UtteranceStatistics

NAME = "iemocap_attention_blstm_fcn"
TINY = {"steps": 12, "units": 3, "components": 5, "statistics": True}
LENGTHS = (20, 13, 1)


def masked(sequence, lengths=LENGTHS) -> np.ndarray:
    mask = np.arange(sequence.shape[1])[None] < np.array(lengths)[:, None]
    return array(UtteranceStatistics()(sequence, mask=mask))


def test_statistics_are_those_of_the_pipeline():
    sequence = noise((3, 20, 4)) * [0.01, 1, 3, 1]
    found = masked(sequence.astype("float32"))
    expected = [
        utterance_statistics(row[:length])
        for row, length in zip(sequence, LENGTHS)
    ]
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_padding_changes_no_statistic():
    sequence = noise((3, 20, 4))
    found = masked(sequence)
    for value in (np.nan, 1e9):
        filled = with_padding(sequence, LENGTHS, value)
        np.testing.assert_array_equal(masked(filled), found)
    longer = np.pad(sequence, ((0, 0), (0, 30), (0, 0)))
    np.testing.assert_allclose(masked(longer), found, atol=1e-6)


def test_values_that_are_not_finite_are_left_out():
    sequence = noise((1, 20, 2))
    broken = sequence.copy()
    broken[0, [2, 7], 1] = np.nan, np.inf
    found = masked(broken, (20,))[0]
    kept = np.delete(sequence[0, :, 1:], [2, 7], axis=0)
    whole = masked(sequence, (20,))[0]
    assert found[[0, 2]] == pytest.approx(whole[[0, 2]])
    assert found[[1, 3]] == pytest.approx(utterance_statistics(kept), abs=1e-6)


def test_statistics_are_standardised_and_clipped():
    layer = UtteranceStatistics()
    layer.build((None, None, 1))
    layer.set_scale([1.0, 0.5], [0.1, 0.5])
    rows = np.sinh([[[1.0], [1.0]], [[7.0], [7.0]]]).astype("float32")
    found = array(layer(rows))
    np.testing.assert_allclose(found, [[0, -1], [LIMIT, -1]], atol=1e-5)


def test_padding_changes_no_answer_and_weights_load(tmp_path):
    model = zoo.get(NAME, None, **TINY)
    golden.fix_weights(model)
    inputs = golden.batch(zoo.card(NAME), LENGTHS, noise)
    answers = array(model(inputs)["emotion"])
    filled = with_padding(inputs["features"], LENGTHS, np.nan)
    again = model({**inputs, "features": filled})["emotion"]
    np.testing.assert_array_equal(array(again), answers)
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    loaded = zoo.get(NAME, str(path), **TINY)
    np.testing.assert_array_equal(array(loaded(inputs)["emotion"]), answers)
    model.save(tmp_path / "model.keras")
    saved = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(saved(inputs)["emotion"]), answers)


@pytest.mark.slow
@pytest.mark.parametrize("format", exporter.FORMATS)
def test_a_model_with_statistics_exports(format, tmp_path, monkeypatch):
    monkeypatch.setattr(exporter, "BATCHES", ((1, 30), (3, 97)))
    model = zoo.get(NAME, None, **TINY)
    golden.fix_weights(model)
    _, difference = exporter.export(
        model, zoo.card(NAME), tmp_path, format, "untrained"
    )
    assert difference <= 1e-5


def test_only_the_branch_of_statistics_sees_their_scale():
    arguments = {"values": 7, "steps": 12, "units": 3, "branches": "fcn"}
    without = zoo.get(NAME, None, **arguments)
    model = zoo.get(NAME, None, statistics=True, **arguments)
    dense = model.get_layer("dense").kernel
    assert dense.shape[0] == without.get_layer("dense").kernel.shape[0] + 14
    inputs = {"features": noise((2, 9, 7)), "lengths": np.array([9, 5])}
    before = array(model(inputs)["emotion"])
    attention_fcn.set_statistics(model, np.ones(14), np.full(14, 2.0))
    assert np.abs(array(model(inputs)["emotion"]) - before).max() > 1e-4
    kernel = array(dense)
    kernel[-14:] = 0
    dense.assign(kernel)
    first = array(model(inputs)["emotion"])
    attention_fcn.set_statistics(model, np.zeros(14), np.ones(14))
    np.testing.assert_array_equal(array(model(inputs)["emotion"]), first)


def test_a_model_without_statistics_has_none_to_set():
    model = zoo.get(NAME, None, values=7, steps=12, units=3)
    with pytest.raises(ValueError, match="statistics"):
        attention_fcn.set_statistics(model, np.ones(14), np.ones(14))
