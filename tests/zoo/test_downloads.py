"""Weights behind an address: what is kept, and what is refused."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest

import zoo
from zoo import downloads

NAME = "recola_dilated"
TINY = {"depth": 1, "width": 2}
ADDRESS = "https://example.org/kept/tiny.weights.h5"


@pytest.fixture
def model():
    return zoo.get(NAME, weights=None, **TINY)


@pytest.fixture
def server(model, tmp_path, monkeypatch):
    """Weights behind an address: their bytes, and how often they were sent."""
    path = tmp_path / "sent.weights.h5"
    model.save_weights(path)
    sent = []

    def urlopen(address, timeout):
        assert address == ADDRESS and timeout
        sent.append(address)
        return io.BytesIO(path.read_bytes())

    monkeypatch.setattr(downloads.urllib.request, "urlopen", urlopen)
    monkeypatch.setenv("ZOO_HOME", str(tmp_path / "home"))
    return path, sent


def kept_files(tmp_path) -> list:
    return [p for p in (tmp_path / "home").rglob("*") if p.is_file()]


def test_a_download_is_checked_and_kept(server, model, tmp_path):
    path, sent = server
    where = f"{ADDRESS}#sha256={downloads.sha256(path).upper()}"
    for _ in range(2):
        found = zoo.get(NAME, weights=where, **TINY)
        for loaded, own in zip(found.get_weights(), model.get_weights()):
            np.testing.assert_array_equal(loaded, own)
    assert len(sent) == 1
    (kept,) = kept_files(tmp_path)
    kept.write_bytes(b"changed behind our back")
    zoo.get(NAME, weights=where, **TINY)
    assert len(sent) == 2


def test_a_download_of_another_digest_leaves_nothing(server, tmp_path):
    digest = hashlib.sha256(b"another").hexdigest()
    with pytest.raises(ValueError, match="is not the file expected"):
        zoo.get(NAME, weights=f"{ADDRESS}#sha256={digest}", **TINY)
    assert kept_files(tmp_path) == []


def test_a_download_stops_at_the_largest_size(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "MOST_BYTES", 100)
    digest = downloads.sha256(server[0])
    with pytest.raises(ValueError, match="is larger than 100 bytes"):
        zoo.get(NAME, weights=f"{ADDRESS}#sha256={digest}", **TINY)
    assert kept_files(tmp_path) == []


def test_a_server_that_does_not_answer_is_named(server, monkeypatch):
    def refuse(address, timeout):
        raise downloads.urllib.error.URLError("connection refused")

    monkeypatch.setattr(downloads.urllib.request, "urlopen", refuse)
    with pytest.raises(OSError, match=f"{ADDRESS} cannot be fetched: conn"):
        zoo.get(NAME, weights=f"{ADDRESS}#sha256={'0' * 64}", **TINY)


@pytest.mark.parametrize(
    "where",
    [
        f"http://example.org/tiny.keras#sha256={'0' * 64}",
        ADDRESS,
        f"{ADDRESS}#sha256=1234",
        f"{ADDRESS}#sha256={'../' * 21}x",
    ],
)
def test_an_address_must_be_https_and_end_in_a_digest(server, where):
    with pytest.raises(ValueError, match="must be an https address that ends"):
        zoo.get(NAME, weights=where, **TINY)
    assert server[1] == []


def test_an_address_of_another_suffix_is_refused(server):
    where = f"https://example.org/model.pickle#sha256={'0' * 64}"
    with pytest.raises(ValueError, match="must end in .keras or .weights.h5"):
        zoo.get(NAME, weights=where, **TINY)
