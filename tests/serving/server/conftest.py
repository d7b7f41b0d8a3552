"""One embedded server for the tests of both protocols."""

from __future__ import annotations

import pytest
import served


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Two loaded versions with labels, which tests must leave as they are."""
    with served.running(tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="session")
def rest(server):
    """An HTTP client of the server."""
    with served.client(server) as client:
        yield client
