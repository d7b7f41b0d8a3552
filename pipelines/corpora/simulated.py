"""Simulated corpora in real ones' layouts, made where they are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines import simulate
from pipelines.corpora import cheavd
from pipelines.corpora.cheavd import Cheavd
from pipelines.corpora.iemocap import Iemocap
from pipelines.corpora.mosei import Mosei
from pipelines.corpora.recola import Recola
from pipelines.simulation import folders, mosei
from pipelines.simulation import utterances as written


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
    source = "made on the spot; or python -m pipelines.simulate mosei --out DIR"
    layout = f"{Mosei.layout} Where there is nothing, it is made."
    note = (
        "simulated_mosei is made by a program, for trying and testing: "
        "figures on it say nothing about real speech."
    )
    simulated = True
    expected = {"videos": mosei.VIDEOS}

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
            mosei.mosei(folder, **_given(asked))
        super().__init__(root, folds, fold_seed)

    def standard_folds(self) -> dict[str, str]:
        return {
            video: mosei.fold(video) for video in self._files["labels"].videos
        }


class SimulatedIemocap(Iemocap):
    """Utterances of five sessions whose emotions and ratings are known.

    Args:
        root: folder; made and filled where it does not exist.
        dataset: as for `Iemocap`.
        dev_session: likewise.
        test_session: likewise.
        seed: of everything in it; 0 where it is made without one.
        utterances: how many; likewise 200.

    Raises:
        FileExistsError: the folder holds something else, or what was made
            with other options.
    """

    name = "simulated_iemocap"
    title = "Simulated utterances with emotions, in IEMOCAP's layout"
    citation = "none; it is a program's output"
    terms = "none"
    source = (
        "made on the spot; or python -m pipelines.simulate iemocap --out DIR"
    )
    layout = f"{Iemocap.layout} Where there is nothing, it is made."
    note = (
        "simulated_iemocap is made by a program, for trying and testing: "
        "figures on it say nothing about real speech."
    )
    simulated = True
    expected = {
        "utterances": written.UTTERANCES["iemocap"],
        "speakers": 2 * written.SESSIONS,
    }

    def __init__(
        self,
        root: str | Path,
        dataset: str | None = None,
        dev_session: int = 4,
        test_session: int = 5,
        seed: int | None = None,
        utterances: int | None = None,
    ):
        folder = Path(root).expanduser()
        asked = {"seed": seed, "utterances": utterances}
        if _must_make(folder, asked):
            written.iemocap(folder, **_given(asked))
        super().__init__(root, dataset, dev_session, test_session)

    def _check_counts(self) -> None:
        self.expected = self._counts()
        super()._check_counts()


class SimulatedCheavd(Cheavd):
    """Utterances whose emotions are known, in CHEAVD's partitions.

    Args:
        root: folder; made and filled where it does not exist.
        seed: of everything in it; 0 where it is made without one.
        utterances: how many; likewise 160.

    Raises:
        FileExistsError: the folder holds something else, or what was made
            with other options.
    """

    name = "simulated_cheavd"
    title = "Simulated utterances with emotions, in CHEAVD's partitions"
    citation = "none; it is a program's output"
    terms = "none"
    source = (
        "made on the spot; or python -m pipelines.simulate cheavd --out DIR"
    )
    layout = f"{Cheavd.layout} Where there is nothing, it is made."
    note = (
        "simulated_cheavd is made by a program, for trying and testing: "
        "figures on it say nothing about real speech."
    )
    simulated = True
    expected = {
        "utterances": written.UTTERANCES["cheavd"],
        "speakers": sum(written.SPLITS.values()),
    }

    def __init__(
        self,
        root: str | Path,
        seed: int | None = None,
        utterances: int | None = None,
    ):
        folder = Path(root).expanduser()
        asked = {"seed": seed, "utterances": utterances}
        if _must_make(folder, asked):
            written.cheavd(folder, **_given(asked))
        super().__init__(root)

    def _sizes(self) -> dict[str, tuple[int, ...]]:
        counts = written.sizes(len(self.utterances))
        return {
            split: tuple(of_each[name] for name in cheavd.EMOTIONS)
            for split, of_each in counts.items()
        }


def _must_make(folder: Path, asked: dict[str, Any]) -> bool:
    """Whether to make it, or to see that what is there is what is asked."""
    return not (folder / folders.MANIFEST).exists() or bool(_given(asked))


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in asked.items() if each is not None}
