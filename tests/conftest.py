"""What every test shares: seeds, and the way to data beside the checkout."""

from __future__ import annotations

import pathlib

import keras
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(autouse=True)
def seed():
    """Every test draws the same numbers whatever ran before it."""
    keras.utils.set_random_seed(0)


@pytest.fixture
def shared():
    """A function from path parts to a file beside the checkout, or a skip."""

    def find(*parts: str) -> pathlib.Path:
        path = SHARED.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"needs shared/{'/'.join(parts)} beside the checkout")
        return path

    return find
