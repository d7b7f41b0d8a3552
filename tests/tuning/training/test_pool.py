"""Networks trained side by side: the same fits, errors, interrupts, memory."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os

import pytest
from toy_trainer import ToyTrainer, request

from tuning.training import pool as pools
from tuning.training import resources
from tuning.training.pool import Pool

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def workers_at_once(monkeypatch):
    """The parent does not wait before it starts workers."""
    monkeypatch.setattr(pools, "SECONDS_ALONE", 0.0)


@pytest.fixture
def pool():
    with Pool(processes=2) as pool:
        yield pool
    assert multiprocessing.active_children() == []


def requests(out, count=4, **changes):
    out.mkdir(exist_ok=True)
    return [request(out, seed, **changes) for seed in range(count)]


def content(fits):
    """What does not depend on the process that trained, nor on the folder."""
    return [
        dataclasses.replace(fit, target="", folder=fit.folder.name)
        for fit in fits
    ]


def test_processes_share_the_work_and_give_the_same_fits(pool, tmp_path):
    trainer, lines = ToyTrainer(), []
    wanted = requests(tmp_path / "two")
    fits = pool.train(trainer, wanted, lines.append)
    assert len({fit.target for fit in fits}) == 2
    assert lines[0] == "0 of 4 done; seed 0, epoch 1"
    assert any(line.count("seed") == 2 for line in lines)
    (child,) = multiprocessing.active_children()
    pool.train(trainer, requests(tmp_path / "more"))
    assert multiprocessing.active_children() == [child]

    with Pool(processes=1) as alone:
        assert alone.train(trainer, wanted) == fits  # not trained again
        serial = alone.train(
            ToyTrainer(waits=False), requests(tmp_path / "one")
        )
    assert content(serial) == content(fits)
    assert len(list(tmp_path.glob("*/.shared*"))) == 1
    pool.close()
    assert list(tmp_path.glob("*/.shared*")) == []


@pytest.mark.parametrize("count", [1, 4])
def test_a_short_run_starts_no_process(pool, tmp_path, monkeypatch, count):
    if count > 1:
        monkeypatch.setattr(pools, "SECONDS_ALONE", 60.0)
    pool.train(ToyTrainer(waits=False), requests(tmp_path, count))
    assert multiprocessing.active_children() == []


def test_short_memory_starts_no_process(pool, tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "free_memory", lambda: 2**29)
    fits = pool.train(ToyTrainer(waits=False), requests(tmp_path))
    assert {fit.target for fit in fits} == {str(os.getpid())}


def test_networks_of_one_folder_train_one_after_the_other(pool, tmp_path):
    same = [request(tmp_path, 0, epochs=epochs) for epochs in (1, 3, 2)]
    fits = pool.train(ToyTrainer(), [*same, request(tmp_path, 1)])
    assert len({fit.target for fit in fits[:3]}) == 1
    assert json.loads((tmp_path / "0" / "toy.json").read_text())["epochs"] == 2


@pytest.mark.parametrize(
    ("action", "kind", "sentence"),
    [
        ("refuse", ValueError, "seed . is refused"),
        ("die", ChildProcessError, r"has died \(exit code 3\).*--processes 1"),
        ("break", RuntimeError, r"(?s)_act.*KeyError: 'seed ."),
    ],
)
def test_an_error_of_a_worker_ends_the_rest(
    pool, tmp_path, action, kind, sentence
):
    pool.train(ToyTrainer(waits=False), requests(tmp_path, 2))
    with pytest.raises(kind, match=sentence):
        pool.train(ToyTrainer(action), requests(tmp_path))
    assert multiprocessing.active_children() == []
    assert len(list(tmp_path.glob("*/toy.json"))) == 2
    fits = pool.train(ToyTrainer(waits=False), requests(tmp_path))
    assert [fit.seed for fit in fits] == [0, 1, 2, 3]


def test_ctrl_c_ends_every_process(pool, tmp_path):
    def interrupt(number, fit):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pool.train(ToyTrainer("wait"), requests(tmp_path), on_fit=interrupt)
    assert multiprocessing.active_children() == []
    assert list(tmp_path.glob(".shared*")) == []


def test_what_killed_processes_left_is_removed(pool, tmp_path):
    left = tmp_path / ".shared-999999999-0"
    left.mkdir()
    pool.train(ToyTrainer(waits=False), requests(tmp_path))
    assert not left.exists()
