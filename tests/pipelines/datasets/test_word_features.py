"""Model inputs of words: truncation, scaling, one-hot words."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

import pipelines
from pipelines.corpora.word_base import order_modalities
from pipelines.datasets import words
from pipelines.datasets.word_features import MAXLENS, WordFeatures


def make_sample(name, length, seed=0, text=None, **replaced):
    rng = np.random.default_rng(seed)
    values = {"t": 4, "a": 3, "v": 2}
    features = {
        letter: rng.normal(size=(length, count)).astype("float32")
        for letter, count in values.items()
    }
    return words.WordSample(
        name,
        name,
        {**features, **replaced},
        None if text is None else np.array(text),
        {"happy": 1.0},
        0,
    )


def scaled(features, samples):
    """Returns the rows of samples as the network scales them."""
    rows = np.concatenate([inputs.features for inputs in features(samples)])
    return (rows - features.offset) / features.scale


@pytest.mark.parametrize("modalities", ["", "tt", "x", "tavx"])
def test_modalities_that_are_none_are_refused(modalities):
    with pytest.raises(ValueError, match=f"modalities={modalities!r}"):
        order_modalities(modalities, "tav")
    with pytest.raises(ValueError, match=f"modalities={modalities!r}"):
        WordFeatures([make_sample("x", 3)], modalities)


def test_all_seven_sets_stand_in_one_order():
    ordered = {
        order_modalities("".join(letters), "tav")
        for count in (1, 2, 3)
        for letters in itertools.permutations("tav", count)
    }
    assert ordered == {"t", "a", "v", "ta", "tv", "av", "tav"}


@pytest.mark.parametrize("maxlen", MAXLENS)
def test_the_last_words_are_kept(maxlen):
    sample = make_sample("long", 40)
    (segment,) = WordFeatures([sample], "t", maxlen)([sample])
    np.testing.assert_array_equal(segment.dense, sample.features["t"][-maxlen:])
    (short,) = WordFeatures([sample], "t", maxlen)([make_sample("short", 3)])
    assert len(short.features) == 3


def test_audio_and_video_are_divided_by_their_largest_absolute_value():
    train = [make_sample("x", 9, 1), make_sample("y", 5, 2)]
    features = WordFeatures(train, "vat")
    rows = scaled(features, train)
    text = np.concatenate([sample.features["t"] for sample in train])
    np.testing.assert_array_equal(rows[:, :4], text)
    np.testing.assert_allclose(np.abs(rows[:, 4:]).max(axis=0), 1, rtol=1e-6)
    audio = np.concatenate([sample.features["a"] for sample in train])
    np.testing.assert_allclose(
        rows[:, 4:7], audio / np.abs(audio).max(axis=0), rtol=1e-6
    )
    assert features.values == 9 and not features.offset.any()


def test_z_norm_is_scikit_learns_of_the_training_words():
    train, other = (
        [make_sample("x", 9, 1), make_sample("y", 5, 2)],
        make_sample("z", 4, 3),
    )
    features = WordFeatures(train, "av", scaling="z")
    rows = [
        np.concatenate([sample.features[letter] for sample in train])
        for letter in "av"
    ]
    wanted = [
        StandardScaler().fit(fitted).transform(other.features[letter])
        for letter, fitted in zip("av", rows)
    ]
    np.testing.assert_allclose(
        scaled(features, [other]),
        np.concatenate(wanted, axis=1),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("scaling", ["max_abs", "z"])
def test_scales_come_from_kept_training_words_alone(scaling):
    train = [make_sample("x", 30, 1)]
    train[0].features["a"][:10] = 1e6  # beyond the last 20
    with_others = WordFeatures(train, "a", 20, scaling)
    shorter = make_sample("x", 20, a=train[0].features["a"][10:])
    alone = WordFeatures([shorter], "a", 20, scaling)
    np.testing.assert_array_equal(with_others.scale, alone.scale)
    np.testing.assert_array_equal(with_others.offset, alone.offset)


@pytest.mark.parametrize("scaling", ["max_abs", "z"])
def test_a_feature_that_does_not_vary_is_not_blown_up(scaling):
    train = [make_sample("x", 9, a=np.zeros((9, 3), "float32"))]
    other = make_sample("y", 2, a=np.ones((2, 3), "float32"))
    rows = scaled(WordFeatures(train, "a", scaling=scaling), [other])
    np.testing.assert_array_equal(rows, np.ones((2, 3)))


def test_one_hot_words_are_the_most_frequent_of_training():
    train = [
        make_sample("x", 7, text=["b", "", "a", "", "c", "", "b"]),
        make_sample("y", 3, text=["a", "d", "b"]),
    ]
    features = WordFeatures(train, "ta", text="one_hot", vocabulary_size=3)
    assert features.vocabulary == ("b", "a", "c")  # before d in the alphabet
    assert features.needs_text and features.dense_modalities == "a"
    assert features.values == 3 + 3
    (segment,) = features([make_sample("z", 4, text=["d", "c", "b", ""])])
    assert segment.features.dtype == np.float32
    np.testing.assert_array_equal(
        segment.features[:, :3], [[0, 0, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]]
    )
    np.testing.assert_array_equal(segment.features[:, 3:], segment.dense)


def test_one_hot_words_alone_need_no_features():
    train = [make_sample("x", 2, text=["b", "a"])]
    (segment,) = WordFeatures(train, "t", 1, text="one_hot")(train)
    np.testing.assert_array_equal(segment.features, [[1.0]])


def test_how_text_is_given_is_idle_without_text():
    train = [make_sample("x", 2)]
    (segment,) = WordFeatures(train, "av", text="one_hot")(train)
    assert segment.ids is None and segment.features.shape == (2, 5)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"maxlen": 0}, "maxlen=0"),
        ({"vocabulary_size": 0}, "vocabulary_size=0"),
        ({"scaling": "min_max"}, "scaling='min_max'"),
        ({"text": "bert"}, "text='bert'"),
        ({"text": "one_hot"}, "`samples` must be read with `with_text`"),
    ],
)
def test_arguments_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        WordFeatures([make_sample("x", 3)], **options)


def test_words_read_without_a_modality_are_refused():
    without = make_sample("x", 3)
    del without.features["v"]
    with pytest.raises(ValueError, match="modalities 'av'.*x with 'ta'"):
        WordFeatures([without], "av")
    with pytest.raises(ValueError, match="at least one"):
        WordFeatures([])


@pytest.mark.parametrize("scaling", ["max_abs", "z"])
@pytest.mark.parametrize("name", ["mfn_mmmo", "mfn_mmmo_text", "mfn_pom"])
def test_columns_of_zeros_in_real_features_stay_finite(shared, name, scaling):
    corpus = pipelines.corpus(name, shared("corpora", "mfn"))
    letters = "".join(corpus.modalities)
    train, test = (
        words.read(corpus, corpus.split(split), letters)
        for split in ("train", "test")
    )
    features = WordFeatures(train, letters, scaling=scaling)
    assert features.values == sum(corpus.modalities.values())
    fitted = scaled(features, train)
    assert np.isfinite(scaled(features, test)).all()
    text = corpus.modalities.get("t", 0)
    rows = fitted[:, text:].astype("f8")
    raw = [
        np.concatenate([sample.features[letter] for sample in train])
        for letter in letters
    ]
    empty = ~np.concatenate(raw, axis=1)[:, text:].any(axis=0)
    assert (features.scale[text:][empty] == 1).all()
    assert not rows[:, empty].any()
    if scaling == "max_abs":
        np.testing.assert_allclose(
            np.abs(rows[:, ~empty]).max(axis=0), 1, rtol=1e-6
        )
    else:
        varies = rows.std(axis=0) > 0
        np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-3)
        np.testing.assert_allclose(rows[:, varies].std(axis=0), 1, rtol=1e-3)
