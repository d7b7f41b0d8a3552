"""Decoders that are kept in files, and decoding with a fixed lag."""

from __future__ import annotations

import dataclasses
import zipfile

import numpy as np
import pytest

from zoo import decoding


def decoder(levels=4, order=3, alpha=3.0, seed=0):
    """A decoder learnt from labels that change slowly."""
    rng = np.random.default_rng(seed)
    labels = [slow(rng, 300, levels) for _ in range(3)]
    model = decoding.LanguageModel(order)
    model.fit([decoding.regions(trace) for trace in labels], levels)
    return decoding.LevelDecoder(
        np.linspace(-1, 1, levels),
        np.full(levels, 1 / levels),
        decoding.transition_log_probabilities(labels, levels),
        model.table,
        alpha,
    )


def slow(rng, frames, levels):
    walk = np.cumsum(rng.normal(size=frames)) / 6
    return np.clip(np.rint(walk + levels / 2), 0, levels - 1).astype(int)


def posteriors(levels=4, frames=200, rows=2, seed=1):
    rng = np.random.default_rng(seed)
    labels = np.stack([slow(rng, frames, levels) for _ in range(rows)])
    noisy = np.eye(levels)[labels] + rng.gamma(1, 0.7, (rows, frames, levels))
    return noisy / noisy.sum(-1, keepdims=True)


@pytest.mark.parametrize("order", [2, 3])
def test_a_decoder_gives_the_means_of_decoded_levels(order):
    own, rows = decoder(order=order), posteriors()
    assert own.language_model.order == order
    for values, row in zip(own.decode(rows), rows):
        labels, _ = decoding.decode(
            decoding.log_probabilities(row),
            own.transitions,
            own.language_model,
            own.alpha,
        )
        np.testing.assert_array_equal(values, own.means[labels])


def test_a_trace_is_the_mean_over_tasks_and_networks():
    decoders = {levels: decoder(levels) for levels in (3, 4)}
    rows = {levels: posteriors(levels) for levels in decoders}
    networks = [{n: rows[n][index] for n in rows} for index in range(2)]
    expected = [own.decode(rows[n]) for n, own in decoders.items()]
    received = decoding.decode_trace(decoders, networks)
    np.testing.assert_allclose(received, np.mean(expected, axis=(0, 1)))


def test_decoders_come_back_from_a_file(tmp_path):
    path = tmp_path / "decoder.npz"
    kept = {"arousal": {3: decoder(3), 4: decoder(4, order=2)}}
    decoding.save(path, kept)
    found = decoding.load(path)
    assert found.keys() == kept.keys() and list(found["arousal"]) == [3, 4]
    for levels, own in kept["arousal"].items():
        for name, value in vars(own).items():
            np.testing.assert_allclose(
                getattr(found["arousal"][levels], name), value, rtol=1e-6
            )
    assert found["arousal"][4].language_model.order == 2
    decoding.save(path, found)
    again = decoding.load(path)["arousal"][3]
    np.testing.assert_array_equal(
        again.decode(posteriors(3)), found["arousal"][3].decode(posteriors(3))
    )


def test_files_that_are_no_decoders_are_refused(tmp_path):
    path = tmp_path / "bad.npz"
    path.write_bytes(b"not a file of arrays")
    with pytest.raises(ValueError, match="holds no decoders"):
        decoding.load(path)
    np.savez(path, x=np.zeros(3))
    with pytest.raises(ValueError, match="holds no decoders"):
        decoding.load(path)
    np.savez(path, **{"arousal/4/means": np.array([{}], dtype=object)})
    with pytest.raises(ValueError, match="holds no decoders"):
        decoding.load(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("arousal/4/means.npy", bytes(2**25))
    with pytest.raises(ValueError, match="it would take 33554432 bytes"):
        decoding.load(path)
    decoding.save(path, {"arousal": {5: decoder(4)}})
    with pytest.raises(ValueError, match="arousal/5 has other levels"):
        decoding.load(path)
    with pytest.raises(FileNotFoundError):
        decoding.load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"means": np.zeros(3)}, "`priors` must be .3,."),
        ({"ngrams": np.zeros((4, 4, 4))}, r"`ngrams` must be \(5, 5, 4\)"),
        ({"means": np.array([0.0, 1, np.nan, 3])}, "must be finite"),
        ({"means": np.array([0.0, 2, 1, 3])}, "must not fall"),
        ({"alpha": -1.0}, "alpha=-1"),
        ({"priors": np.ones(4)}, "`priors` must sum to one"),
        ({"transitions": np.zeros((4, 4))}, "must sum to one"),
    ],
)
def test_a_decoder_refuses_what_is_none(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(decoder(), **change)


@pytest.mark.parametrize("order", [2, 3])
def test_a_lag_as_long_as_the_recording_is_the_offline_search(order):
    own, (row, _) = decoder(order=order), posteriors()
    online = decoding.OnlineDecoder(own, lag=len(row))
    assert online.push(row).size == 0
    np.testing.assert_array_equal(online.finish(), own.decode(row[None])[0])
    assert online.finish().size == 0


@pytest.mark.parametrize("lag", [1, 5, 25])
def test_every_value_is_final_after_the_lag_however_steps_arrive(lag):
    own, (row, _) = decoder(), posteriors()
    whole = decoding.OnlineDecoder(own, lag)
    values = whole.push(row)
    assert len(values) == len(row) - lag
    values = np.concatenate([values, whole.finish()])
    assert len(values) == len(row)
    pieces = decoding.OnlineDecoder(own, lag)
    received = [pieces.push(row[at : at + 7]) for at in range(0, len(row), 7)]
    np.testing.assert_array_equal(
        np.concatenate([*received, pieces.finish()]), values
    )


def test_a_longer_lag_comes_nearer_to_the_offline_search():
    own, rows = decoder(), posteriors(rows=6)
    offline = own.decode(rows)
    shares = []
    for lag in (1, 10, 50):
        online = decoding.OnlineDecoder(own, lag)
        found = [np.append(online.push(r), online.finish()) for r in rows]
        shares.append(np.mean(np.array(found) != offline))
    assert shares[0] > shares[1] >= shares[2]
    assert shares[2] < 0.01


def test_a_lag_is_a_whole_number():
    with pytest.raises(ValueError, match="`lag` must be"):
        decoding.OnlineDecoder(decoder(), lag=0)
