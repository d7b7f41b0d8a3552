"""A simulated corpus in RECOLA's layout, made where it is missing."""

from __future__ import annotations

from pathlib import Path

from pipelines import simulate
from pipelines.corpora.recola import Recola


class Simulated(Recola):
    """Speech-like sound whose traces are known, for trying and testing.

    Args:
        root: folder; made and filled where it does not exist.
        seed: of everything in it; 0 where it is made without one.
        seconds: length of each of its 27 recordings; likewise 60.

    Raises:
        FileExistsError: the folder holds something else, or what was made
            with other options.
    """

    name = "simulated"
    title = "Simulated speech with arousal and valence, in RECOLA's layout"
    citation = "none; it is a program's output"
    terms = "none"
    source = (
        "made on the spot; or python -m pipelines.simulate recola --out DIR"
    )
    layout = f"{Recola.layout} Where there is nothing, it is made."
    note = (
        "simulated is made by a program, for trying and testing: figures on "
        "it say nothing about real speech."
    )
    simulated = True

    def __init__(
        self,
        root: str | Path,
        seed: int | None = None,
        seconds: float | None = None,
    ):
        folder = Path(root).expanduser()
        is_there = (folder / simulate.MANIFEST).exists()
        if not is_there or seed is not None or seconds is not None:
            seed = 0 if seed is None else seed
            seconds = 60.0 if seconds is None else seconds
            simulate.recola(folder, seed=seed, seconds=seconds)
        super().__init__(root)
