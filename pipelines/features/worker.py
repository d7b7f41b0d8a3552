"""A process that computes features for another one, without TensorFlow.

NumPy holds Python's lock for most of a front end made of small operations, so
that threads wait for each other. A process takes a third of a second to start.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

Extract = Callable[[np.ndarray], np.ndarray]
_ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")
}


class Worker:
    """A process that computes one array after the other.

    It is not interrupted by Ctrl-C on the terminal; whoever made it stops it.

    Args:
        extract: a module's function, from a waveform to features.
    """

    def __init__(self, extract: Extract):
        path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
            start_new_session=True,
        )
        self._send(extract)

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        """Returns what `extract` returns, or raises what it raises.

        Raises:
            ChildProcessError: the process has died.
        """
        try:
            self._send(waveform)
            answer = pickle.load(self._stream("stdout"))
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise ChildProcessError(
                "a process that computed features has died (exit code "
                f"{self._process.wait()}), perhaps for want of memory. "
                "Features in the cache are kept: run the same command again."
            ) from error
        if isinstance(answer, Exception):
            raise answer
        features: np.ndarray = answer
        return features

    def stop(self) -> None:
        """Ends the process, in the middle of a recording too."""
        self._process.kill()
        self._process.wait()
        for name in ("stdin", "stdout"):
            with contextlib.suppress(BrokenPipeError):
                self._stream(name).close()

    def _send(self, content: Any) -> None:
        pickle.dump(content, self._stream("stdin"), pickle.HIGHEST_PROTOCOL)
        self._stream("stdin").flush()

    def _stream(self, name: str) -> BinaryIO:
        stream: BinaryIO = getattr(self._process, name)
        return stream


def main() -> None:
    """Computes what the parent asks for until it asks no more, or is gone."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what libraries print is no answer
    try:
        extract: Extract = pickle.load(asked)
        while True:
            waveform = pickle.load(asked)
            try:
                answer: Any = extract(waveform)
            except Exception as error:
                answer = error
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
    except (EOFError, BrokenPipeError):
        os._exit(0)


if __name__ == "__main__":
    main()
