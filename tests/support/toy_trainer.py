"""A trainer without networks, for tests of what trains side by side."""

from __future__ import annotations

import json
import os
import pathlib
import time

import numpy as np

from tuning.training.fits import Configuration, Fit, FitRequest

NOTHING = Configuration({}, {})
SECONDS = 300


def request(out: pathlib.Path, seed: int, **changes) -> FitRequest:
    """Returns a request whose folder is named after the seed."""
    settings = {"epochs": 2, "name": f"seed {seed}", **changes}
    return FitRequest(out / str(seed), "toy", NOTHING, seed, **settings)


class ToyTrainer:
    """Scores a seed by shared data; a fit's target is the process that made it.

    Args:
        action: of a worker: "" to train, "refuse", "break", "die", or "wait"
            before the last epoch.
        waits: whether the parent goes on only when a worker is at work.
    """

    def __init__(self, action: str = "", waits: bool = True):
        self.data = np.arange(1000.0)
        self.action = action
        self.waits = waits
        self.parent = os.getpid()

    def prepare(self, request: FitRequest) -> bool:
        return False

    def finished(self, request: FitRequest) -> Fit | None:
        path = request.folder / "toy.json"
        if not path.exists():
            return None
        content = json.loads(path.read_text("utf-8"))
        return Fit(**content, folder=request.folder)

    def train(self, request: FitRequest, on_epoch=None) -> Fit:
        is_worker = os.getpid() != self.parent
        if on_epoch is not None:
            on_epoch(0, {})
        if is_worker:
            self._act(request)
        elif self.waits:
            self._wait(request, on_epoch)
        content = {
            "target": str(os.getpid()),
            "seed": request.seed,
            "epochs": request.epochs,
            "best": float(self.data[request.seed :].sum()),
            "best_epoch": 0,
        }
        request.folder.mkdir(exist_ok=True)
        (request.folder / "toy.json").write_text(json.dumps(content), "utf-8")
        return Fit(**content, folder=request.folder)

    def _act(self, request: FitRequest) -> None:
        (request.folder.parent / "worker").touch()
        if self.action == "refuse":
            raise ValueError(f"seed {request.seed} is refused")
        if self.action == "break":
            raise KeyError(f"seed {request.seed}")
        if self.action == "die":
            os._exit(3)
        if self.action == "wait":
            time.sleep(SECONDS)

    def _wait(self, request: FitRequest, on_epoch) -> None:
        """Goes on as soon as a worker has begun, or an error has come."""
        end = time.monotonic() + SECONDS
        errs = self.action not in ("", "wait")
        while errs or not (request.folder.parent / "worker").exists():
            time.sleep(0.05)
            on_epoch(1, {})
            assert time.monotonic() < end, "no worker began"
