"""Progress of long work, on stderr."""

from __future__ import annotations

import logging
import sys
import time

SECONDS_BETWEEN_LINES = 5.0


class Progress:
    """Overwrites one line on a terminal; elsewhere prints now and then.

    Log messages of `pipelines`, such as on resampling, are printed too.
    """

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = 0.0
        self._width = 0
        logger = logging.getLogger("pipelines")
        logger.setLevel(logging.INFO)
        logger.handlers = [_LogHandler(self)]

    def show(self, line: str) -> None:
        """Shows the current state; may be skipped."""
        now = time.monotonic()
        if self._live:
            padded = line.ljust(self._width)
            print(f"\r{padded}", end="", file=sys.stderr, flush=True)
            self._width = len(line)
        elif now - self._last >= SECONDS_BETWEEN_LINES:
            print(line, file=sys.stderr, flush=True)
            self._last = now

    def say(self, line: str) -> None:
        """Prints a line that stays."""
        self.clear()
        print(line, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Clears the line for other output."""
        if self._live and self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr)
            self._width = 0


class _LogHandler(logging.Handler):
    def __init__(self, progress: Progress):
        super().__init__()
        self.progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        self.progress.say(record.getMessage())


def clock(seconds: float) -> str:
    """Returns seconds as h:mm:ss or m:ss."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}"
    return f"{minutes}:{seconds:02}"
