"""What every test shares: seeds, and the way to data beside the checkout."""

from __future__ import annotations

import dataclasses
import pathlib

import commands
import keras
import pytest
from once import made_once

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


TRAINING_FIXTURES = {"classifier", "searched"}
"""Fixtures that train: every test that asks for one is slow."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests of fixtures that train as slow, and puts their files first.

    A worker takes the next file when it has done one: a long one at the end
    would leave the other worker without work.
    """
    for item in items:
        if TRAINING_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def seed():
    """Every test draws the same numbers whatever ran before it."""
    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def no_workers(monkeypatch):
    """Commands train in this process, which tests may have patched."""
    from tuning.training import pool

    monkeypatch.setattr(pool, "SECONDS_ALONE", 1e6)


@pytest.fixture
def shared():
    """A function from path parts to a file beside the checkout, or a skip."""

    def find(*parts: str) -> pathlib.Path:
        path = SHARED.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"needs shared/{'/'.join(parts)} beside the checkout")
        return path

    return find


@pytest.fixture(scope="session")
def between_workers(tmp_path_factory, worker_id) -> pathlib.Path:
    """A folder that all workers of this session see."""
    own = tmp_path_factory.getbasetemp()
    return (own if worker_id == "master" else own.parent) / "shared"


@pytest.fixture(scope="session")
def simulated(between_workers) -> pathlib.Path:
    """A simulated corpus of recordings of 6 s, to be left as it is."""
    from pipelines.simulation.recola import simulate_recola

    folder = between_workers / "simulated"
    made_once(folder, lambda out: str(simulate_recola(out, seconds=6)))
    return folder


@pytest.fixture(scope="session")
def searched(simulated, between_workers) -> commands.Done:
    """A finished search on it, to be left as it is."""
    from tuning import search

    def make(out: pathlib.Path) -> dict:
        argv = (*commands.small(simulated, out), "--trials=2")
        return dataclasses.asdict(commands.run(search.main, *argv))

    done = commands.Done(**made_once(between_workers / "searched", make))
    assert done.code == 0, done.err
    return done


@pytest.fixture(scope="session")
def classifier(simulated, between_workers) -> commands.Done:
    """Two networks of `recola_blstm_cls` on it, to be left as they are."""
    from tuning import train

    def make(runs: pathlib.Path) -> dict:
        done = commands.run(
            train.main,
            "recola_blstm_cls",
            f"--data={simulated}",
            f"--out={runs / 'recola_blstm_cls-simulated'}",
            *("--epochs=2", "--seeds=2", "--set=depth=1", "--processes=1"),
        )
        return dataclasses.asdict(done)

    done = commands.Done(**made_once(between_workers / "classifier", make))
    assert done.code == 0, done.err
    return done
