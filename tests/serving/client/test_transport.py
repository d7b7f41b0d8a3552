"""Retries of requests to a busy server."""

from __future__ import annotations

import pytest

from serving.client import RequestFailed, transport


def failing(code: str, times: int):
    calls = []

    def request():
        calls.append(code)
        if len(calls) <= times:
            raise RequestFailed(code, "no")
        return len(calls)

    return request


def test_only_a_busy_server_gets_the_request_again():
    pauses = []
    request = failing(transport.BUSY, 3)
    assert transport.with_retries(request, 4, pauses.append) == 4
    assert len(pauses) == 3 and 0.05 <= pauses[0] <= 0.15
    assert pauses[2] > pauses[0]
    with pytest.raises(RequestFailed, match="UNAVAILABLE"):
        transport.with_retries(failing(transport.BUSY, 9), 2, pauses.append)
    pauses.clear()
    for code in ("500", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"):
        with pytest.raises(RequestFailed, match=code):
            transport.with_retries(failing(code, 1), 4, pauses.append)
    assert pauses == []
