"""Simulated corpora in real ones' layouts, made where they are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines import folders, simulate, simulate_mosei
from pipelines.corpora.mosei import Mosei
from pipelines.corpora.recola import Recola


class Simulated(Recola):
    """Speech-like sound whose traces are known, for trying and testing.

    Args:
        root: folder; made and filled where it does not exist.
        seed: of everything in it; 0 where it is made without one.
        seconds: length of each of its 27 recordings; likewise 30.

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
        asked = {"seed": seed, "seconds": seconds}
        if _must_make(folder, asked):
            simulate.recola(folder, **_given(asked))
        super().__init__(root)


class SimulatedMosei(Mosei):
    """Words, voices and faces whose emotions are known, for trying.

    Args:
        root: folder; made and filled where it does not exist.
        folds: as for `Mosei`; the standard folds are those that the videos'
            names tell.
        fold_seed: of the paper's folds.
        seed: of everything in it; 0 where it is made without one.
        videos: how many; likewise 80.

    Raises:
        FileExistsError: the folder holds something else, or what was made
            with other options.
    """

    name = "simulated_mosei"
    title = "Simulated words, voices and faces, in CMU-MOSEI's layout"
    citation = "none; it is a program's output"
    terms = "none"
    source = (
        "made on the spot; or python -m pipelines.simulate mosei --out DIR"
    )
    layout = f"{Mosei.layout} Where there is nothing, it is made."
    note = (
        "simulated_mosei is made by a program, for trying and testing: "
        "figures on it say nothing about real speech."
    )
    simulated = True
    expected = {"videos": simulate_mosei.VIDEOS}

    def __init__(
        self,
        root: str | Path,
        folds: str = "standard",
        fold_seed: int = 0,
        seed: int | None = None,
        videos: int | None = None,
    ):
        folder = Path(root).expanduser()
        asked = {"seed": seed, "videos": videos}
        if _must_make(folder, asked):
            simulate_mosei.mosei(folder, **_given(asked))
        super().__init__(root, folds, fold_seed)

    def standard_folds(self) -> dict[str, str]:
        return {
            video: simulate_mosei.fold(video)
            for video in self._files["labels"].videos
        }


def _must_make(folder: Path, asked: dict[str, Any]) -> bool:
    """Whether to make it, or to see that what is there is what is asked."""
    return not (folder / folders.MANIFEST).exists() or bool(_given(asked))


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in asked.items() if each is not None}
