"""A live line of progress on stderr."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from tuning.training import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def seen(terminal) -> list[str]:
    """What stands on the lines of a terminal in the end."""
    lines = []
    for text in terminal.getvalue().split("\n"):
        line = ""
        for part in text.split("\r"):
            line = part + line[len(part) :]
        lines.append(line.rstrip())
    return lines


def test_a_terminal_has_one_line_that_is_overwritten(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    line = progress.Progress()
    line.show("trial 1 of 10, epoch 10")
    line.show("trial 2")
    assert seen(terminal) == ["trial 2"]
    line.say("trial 2: done")
    line.show("x")
    assert seen(terminal) == ["trial 2: done", "x"]
    line.clear()
    assert seen(terminal) == ["trial 2: done", ""]


def test_elsewhere_a_line_is_printed_now_and_then(monkeypatch, capsys):
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    line = progress.Progress()
    for now in (100.0, 101.0, 104.9, 105.0, 111.0):
        line.show(f"at {now:g}")
    line.clear()
    line.say("done")
    assert capsys.readouterr().err.splitlines() == [
        "at 100",
        "at 105",
        "at 111",
        "done",
    ]


def test_what_the_pipelines_log_is_said_once(capsys):
    progress.Progress()
    progress.Progress()
    logging.getLogger("pipelines.audio").info("Resampled to %d Hz.", 16000)
    logging.getLogger("pipelines.audio").debug("not this")
    logging.getLogger("elsewhere").info("nor this")
    assert capsys.readouterr().err == "Resampled to 16000 Hz.\n"


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "0:00"),
        (59.9, "0:59"),
        (61, "1:01"),
        (3600, "1:00:00"),
        (36_061, "10:01:01"),
    ],
)
def test_a_clock_reads_as_clocks_do(seconds, text):
    assert progress.clock(seconds) == text
