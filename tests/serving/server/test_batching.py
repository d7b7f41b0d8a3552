"""Requests computed together get the answers that they get alone."""

from __future__ import annotations

import threading
import time
import types

import numpy as np
import pytest
import served
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.server.batching import Batcher, Request
from serving.server.errors import ServingError, invalid
from serving.server.servable import Signature


def shape(*sizes):
    dims = [types.SimpleNamespace(size=size) for size in sizes]
    return types.SimpleNamespace(tensor_shape=types.SimpleNamespace(dim=dims))


AS_LONG = {"add": 0, "hop": 1, "least": 0}
SIGNATURE = Signature(
    {"features": shape(-1, -1, 3), "lengths": shape(-1)},
    {"trace": shape(-1, -1), "total": shape(-1, 1)},
    AS_LONG,
)


def request(
    *lengths, seconds=5.0, signature=SIGNATURE, seed=0, **changes
) -> Request:
    inputs = {**served.features(*lengths, seed=seed), **changes}
    deadline = time.monotonic() + seconds
    return Request("serving_default", signature, inputs, (), deadline)


class Model:
    """Answers as the small SavedModel and records what it got together."""

    def __init__(self):
        self.rows, self.shapes = [], []
        self.go = threading.Event()
        self.go.set()
        self.entered = threading.Event()

    def __call__(self, signature, inputs, only):
        self.entered.set()
        assert self.go.wait(10)
        self.rows.append(len(inputs["lengths"]))
        self.shapes.append(inputs["features"].shape)
        if (inputs["lengths"] < 0).any():
            raise invalid("a length is negative")
        return served.answer(inputs)


def together(requests, model=None, **options) -> tuple[Model, list]:
    """Runs a request and those that queue up while it is computed."""
    model = model or Model()
    batcher = Batcher(model, **options)
    results: list = [None] * len(requests)

    def ask(index):
        try:
            results[index] = batcher.answer(requests[index])
        except ServingError as error:
            results[index] = error

    model.go.clear()
    model.entered.clear()
    threads = [threading.Thread(target=ask, args=(0,))]
    threads[0].start()
    assert model.entered.wait(5)
    for index, request in enumerate(requests[1:], 1):
        thread = threading.Thread(target=ask, args=(index,))
        thread.start()
        threads.append(thread)
        waiting = time.monotonic() + 5
        while (
            request not in batcher._queue
            and results[index] is None
            and time.monotonic() < waiting
        ):
            time.sleep(0.001)
    model.go.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    return model, results


def check(requests, results):
    for request, outputs in zip(requests, results):
        expected = served.answer(request.inputs)
        for name, value in expected.items():
            assert outputs[name].shape == value.shape
            np.testing.assert_allclose(outputs[name], value, atol=1e-5)


def test_what_waits_is_computed_together_and_cut_again():
    requests = [
        request(4),
        request(9, 5, seed=1),
        request(6, seed=2),
        request(5, 5, seed=3),
    ]
    model, results = together(requests)
    assert model.rows == [1, 5]
    assert model.shapes[1] == (5, 9, 3)
    check(requests, results)


def test_a_length_beyond_the_end_does_not_reach_into_the_padding():
    long = request(4, seed=1, lengths=np.array([99], "int32"))
    requests = [request(4), long, request(8, seed=2)]
    _, results = together(requests)
    check(requests, results)


def test_only_what_fits_goes_together():
    requests = [
        request(4),
        request(4),
        request(13),
        request(4),
        request(3, 3, 3),
    ]
    model, results = together(requests, rows=3)
    assert model.rows == [1, 2, 1, 3]
    check(requests, results)


def test_rows_without_lengths_are_not_padded():
    other = Signature(SIGNATURE.inputs, SIGNATURE.outputs, None)
    requests = [request(n, signature=other, seed=n) for n in (4, 5, 6, 5)]
    model, results = together(requests)
    assert model.rows == [1, 2, 1]
    check(requests, results)


def test_other_outputs_and_types_keep_apart():
    filtered = request(4)
    filtered.only = ("total",)
    filtered.__post_init__()
    long = request(4, lengths=np.array([4], "int64"))
    requests = [request(4), request(4), filtered, long]
    model, _ = together(requests)
    assert model.rows == [1, 1, 1, 1]


def test_a_bad_request_fails_alone():
    bad = request(4, lengths=np.array([-1], "int32"))
    requests = [request(4), request(5, seed=1), bad, request(6, seed=2)]
    model, results = together(requests)
    assert model.rows == [1, 3, 1, 1, 1]
    assert isinstance(results[2], ServingError)
    assert results[2].code == "INVALID_ARGUMENT"
    check([*requests[:2], requests[3]], [*results[:2], results[3]])


def test_a_full_queue_is_unavailable():
    requests = [request(4) for _ in range(4)]
    _, results = together(requests, queue=2)
    assert results[3].code == "UNAVAILABLE" and results[3].http == 503
    check(requests[:3], results[:3])


def test_a_deadline_that_passes_in_the_queue_frees_its_place():
    requests = [request(4), request(4, seconds=0.0), request(5)]
    model, results = together(requests)
    assert results[1].code == "RESOURCE_EXHAUSTED"
    assert model.rows == [1, 1]
    check([requests[0], requests[2]], [results[0], results[2]])


def test_a_failure_that_no_one_foresaw_does_not_block_the_model():
    class Broken(Model):
        def __call__(self, signature, inputs, only):
            raise MemoryError

    batcher = Batcher(Broken())
    for _ in range(2):
        with pytest.raises(MemoryError):
            batcher.answer(request(4))


def test_batches_are_watched():
    seen = []
    batcher = Batcher(Model(), watch=lambda rows, wait: seen.append(rows))
    batcher.answer(request(4, 2))
    assert seen == [2]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.integers(1, 30), min_size=1, max_size=4),
        min_size=2,
        max_size=8,
    ),
    st.integers(1, 12),
)
def test_any_requests_get_their_own_answers(lengths, rows):
    requests = [request(*rest, seed=seed) for seed, rest in enumerate(lengths)]
    _, results = together(requests, rows=rows)
    check(requests, results)


def test_samples_become_steps():
    steps = {"add": 240, "hop": 640, "least": 400}
    signature = Signature({}, {}, steps)
    assert [signature.length(n) for n in (399, 400, 16000, 7000)] == [
        0,
        1,
        25,
        11,
    ]
    with pytest.raises(ValueError, match="does not give"):
        Signature({}, {}, None).length(3)
