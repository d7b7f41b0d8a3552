"""Simulated corpora in the layout of real ones, written where missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from pipelines.corpora import cheavd
from pipelines.corpora.base import Corpus
from pipelines.corpora.cheavd import Cheavd
from pipelines.corpora.iemocap import Iemocap
from pipelines.corpora.mosei import Mosei
from pipelines.corpora.recola import Recola
from pipelines.simulation import mosei, utterances
from pipelines.simulation.folders import MANIFEST
from pipelines.simulation.recola import simulate_recola


class SimulatedCorpus(Corpus):
    """What the simulated corpora share.

    A subclass derives from this class and from the reader of the layout that
    its files have.

    Attributes:
        simulator: writes the corpus into a folder.
        layout_name: what `python -m pipelines.simulate` calls the layout.
    """

    citation = "none; it is a program's output"
    terms = "none"
    simulated = True
    partition = "split of the simulator"
    simulator: ClassVar[Callable[..., Path]]
    layout_name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.source = (
            "made on the spot; or python -m pipelines.simulate "
            f"{cls.layout_name} --out DIR"
        )
        cls.layout = f"{cls.layout} Where there is nothing, it is made."
        cls.note = (
            f"{cls.name} is made by a program, for trying and testing: "
            "figures on it say nothing about real speech."
        )

    @classmethod
    def write(cls, root: str | Path, **options: Any) -> None:
        """Writes the corpus where it is missing.

        Args:
            root: folder of the corpus.
            options: of the simulator; `None` stands for its default, or for
                what an existing folder was made with.

        Raises:
            FileExistsError: the folder holds something else, or was made with
                other options.
        """
        folder = Path(root).expanduser()
        given = {name: x for name, x in options.items() if x is not None}
        if given or not (folder / MANIFEST).exists():
            cls.simulator(folder, **given)


class Simulated(SimulatedCorpus, Recola):
    """Simulated speech with arousal and valence, in RECOLA's layout.

    Args:
        root: folder; written where it does not exist.
        seed: of the random numbers; `None` for 0, or for what an existing
            folder was made with.
        seconds: length of each of its 27 recordings; `None` likewise, for 30.

    Raises:
        FileExistsError: the folder holds something else, or was made with
            other options.
    """

    name = "simulated"
    title = "Simulated speech with arousal and valence, in RECOLA's layout"
    layout_name = "recola"
    simulator = staticmethod(simulate_recola)

    def __init__(
        self,
        root: str | Path,
        seed: int | None = None,
        seconds: float | None = None,
    ):
        self.write(root, seed=seed, seconds=seconds)
        super().__init__(root)


class SimulatedMosei(SimulatedCorpus, Mosei):
    """Simulated words, voices and faces, in CMU-MOSEI's layout.

    Args:
        root: folder; written where it does not exist.
        folds: as for `Mosei`; the standard folds are in the videos' names.
        fold_seed: of the paper's folds.
        labels: as for `Mosei`.
        seed: of the random numbers; `None` for 0, or for what an existing
            folder was made with.
        videos: number of videos; `None` likewise, for 80.

    Raises:
        FileExistsError: the folder holds something else, or was made with
            other options.
    """

    name = "simulated_mosei"
    title = "Simulated words, voices and faces, in CMU-MOSEI's layout"
    layout_name = "mosei"
    simulator = staticmethod(mosei.simulate_mosei)
    expected = {"videos": mosei.VIDEOS}

    def __init__(
        self,
        root: str | Path,
        folds: str = "standard",
        fold_seed: int = 0,
        labels: str = "emotions",
        seed: int | None = None,
        videos: int | None = None,
    ):
        self.write(root, seed=seed, videos=videos)
        super().__init__(root, folds, fold_seed, labels)

    def standard_folds(self) -> dict[str, str]:
        return {
            video: mosei.fold(video) for video in self._files["labels"].videos
        }


class SimulatedIemocap(SimulatedCorpus, Iemocap):
    """Simulated utterances with emotions, in IEMOCAP's layout.

    Args:
        root: folder; written where it does not exist.
        dataset: as for `Iemocap`, likewise `dev_session`, `test_session`.
        seed: of the random numbers; `None` for 0, or for what an existing
            folder was made with.
        utterances: number of utterances; `None` likewise, for 200.

    Raises:
        FileExistsError: the folder holds something else, or was made with
            other options.
    """

    name = "simulated_iemocap"
    title = "Simulated utterances with emotions, in IEMOCAP's layout"
    layout_name = "iemocap"
    simulator = staticmethod(utterances.simulate_iemocap)
    expected = {
        "utterances": utterances.UTTERANCES["iemocap"],
        "speakers": 2 * utterances.SESSIONS,
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
        self.write(root, seed=seed, utterances=utterances)
        super().__init__(root, dataset, dev_session, test_session)

    def _check_counts(self) -> None:
        self.expected = self._counts()
        super()._check_counts()


class SimulatedCheavd(SimulatedCorpus, Cheavd):
    """Simulated utterances with emotions, in CHEAVD's partitions.

    Args:
        root: folder; written where it does not exist.
        seed: of the random numbers; `None` for 0, or for what an existing
            folder was made with.
        utterances: number of utterances; `None` likewise, for 160.

    Raises:
        FileExistsError: the folder holds something else, or was made with
            other options.
    """

    name = "simulated_cheavd"
    title = "Simulated utterances with emotions, in CHEAVD's partitions"
    layout_name = "cheavd"
    simulator = staticmethod(utterances.simulate_cheavd)
    expected = {
        "utterances": utterances.UTTERANCES["cheavd"],
        "speakers": sum(utterances.SPLITS.values()),
    }

    def __init__(
        self,
        root: str | Path,
        seed: int | None = None,
        utterances: int | None = None,
    ):
        self.write(root, seed=seed, utterances=utterances)
        super().__init__(root)

    def _sizes(self) -> dict[str, tuple[int, ...]]:
        counts = utterances.sizes(len(self.utterances))
        return {
            split: tuple(sizes[emotion] for emotion in cheavd.EMOTIONS)
            for split, sizes in counts.items()
        }
