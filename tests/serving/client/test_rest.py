"""Retries over HTTP."""

from __future__ import annotations

import contextlib
import http.server
import threading

import pytest

from serving.client import RequestFailed, rest, transport


@contextlib.contextmanager
def answering(*codes: int):
    """A server of HTTP that answers with these codes, one after another."""
    left = list(codes)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            code = left.pop(0)
            self.send_response(code)
            self.end_headers()
            self.wfile.write(b"{}" if code == 200 else b"busy")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", left
        listening.shutdown()
        thread.join()


def test_503_is_retried_over_http(monkeypatch):
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.001)
    endpoint = transport.Endpoint("m", "s")
    with answering(503, 503, 200, 500) as (url, left):
        link = rest.Rest(transport.Connection(url, seconds=5))
        assert link._send(endpoint, "/metadata") == {}
        with pytest.raises(RequestFailed, match="says 500: "):
            link._send(endpoint, "/metadata")
        assert left == []
