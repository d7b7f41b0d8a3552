"""`python -m serving.serve`: from its first line to shutdown by a signal."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import commands
import httpx
import pytest
import served
from conftest import ROOT

from serving import serve


@pytest.mark.slow
def test_it_serves_until_a_signal(tmp_path):
    served.export(tmp_path / served.NAME / "1")
    (tmp_path / "token").write_text("secret\n")
    words = ["--rest-port=0", "--grpc-port=0"]
    words.append(f"--token-file={tmp_path / 'token'}")
    process = subprocess.Popen(
        [sys.executable, "-m", "serving.serve", str(tmp_path), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        (address,) = re.findall(r"REST on (http://127.0.0.1:\d+), gRPC", line)
        body = {"instances": [served.ROW]}
        url = address + served.PREDICT
        assert httpx.post(url, json=body).status_code == 401
        bearer = {"Authorization": "Bearer secret"}
        done = httpx.post(url, json=body, headers=bearer)
        assert done.json()["predictions"][0]["total"] == [43.0]
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "summing/1: loaded in" in log and "Traceback" not in log


@pytest.mark.parametrize(
    "words, code, text",
    [
        (["nowhere"], 1, "nowhere must be a folder of models. There is none."),
        ([".", "--token-file=nothing"], 1, "nothing: No such file"),
        ([".", "--token-file=empty"], 1, "empty must hold one token"),
        ([".", "--certificate=empty", "--rest-port=0"], 1, "and its key"),
        ([".", "--rest-port=x"], 2, "invalid int value"),
    ],
)
def test_mistakes_end_in_a_sentence(words, code, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").touch()
    done = commands.run(serve.main, *words)
    assert done.code == code and text in done.err
