"""What every test shares: seeds, and the way to data beside the checkout."""

from __future__ import annotations

import pathlib

import commands
import keras
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


TRAINING_FIXTURES = {"searched"}
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
def simulated(tmp_path_factory) -> pathlib.Path:
    """A simulated corpus of recordings of 6 s, to be left as it is."""
    from pipelines.simulation.recola import simulate_recola

    folder = tmp_path_factory.mktemp("data") / "simulated"
    return simulate_recola(folder, seconds=6)


@pytest.fixture(scope="session")
def searched(simulated, tmp_path_factory) -> commands.Done:
    """A finished search on it, to be left as it is."""
    from tuning import search

    out = tmp_path_factory.mktemp("runs") / "searched"
    done = commands.run(
        search.main, *commands.small(simulated, out), "--trials=2"
    )
    assert done.code == 0, done.err
    return done
