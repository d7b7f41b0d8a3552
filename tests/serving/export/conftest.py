"""Small models for the tests of exports."""

from __future__ import annotations

import pathlib

import exports
import keras
import pytest

import zoo
from serving.export import devices, exporter


@pytest.fixture(scope="session")
def dilated() -> keras.Model:
    """A network of dilated convolutions."""
    keras.utils.set_random_seed(0)
    return zoo.get("recola_dilated", None, depth=exports.LAYERS, width=4)


@pytest.fixture(scope="session")
def blstm() -> keras.Model:
    return exports.model()


@pytest.fixture(scope="session")
def blstm_exports(
    blstm, tmp_path_factory
) -> dict[str, tuple[pathlib.Path, float | None]]:
    """Its SavedModels without a front end by device, with their differences."""
    out = tmp_path_factory.mktemp("models")
    with exports.short_batches():
        return {
            device: exporter.export(
                blstm,
                exports.WITHOUT_FRONTEND,
                out,
                "savedmodel",
                "a/run",
                device,
            )
            for device in devices.DEVICES
        }


@pytest.fixture
def short_batches():
    with exports.short_batches():
        yield
