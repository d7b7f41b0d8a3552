"""How each paper trains a network: rules and default numbers."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

from tuning.training.callbacks import EarlyStopping, TwoStage


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A paper's way of training, and its default numbers.

    Attributes:
        data: what is learnt from, "traces", "words" or "utterances".
        corpus: the paper's, and the simulated one that stands in for it.
        epochs: at most.
        seeds: networks whose predictions are averaged.
        tuner: that searches the paper's space.
        rule: makes the callback that ends training, from the name that the
            development score is logged under.
        measure: the development score, and whether "max" or "min" is best.
        loss: of a trace, "ccc" or "mse"; of its levels, "levels"; of the
            class of an utterance, "cross_entropy".
        normalisation: of a recording's features, as
            `pipelines.sequences.read` names it.
        front_end: of utterances, as `pipelines.classified.read` names it.
        protocol: of utterances: the name of the folds where a corpus has no
            partitions of its own (`tuning.protocols.PROTOCOLS`).
    """

    data: str
    corpus: tuple[str, str]
    epochs: int
    seeds: int
    tuner: str
    rule: Callable[[str], EarlyStopping]
    measure: tuple[str, str]
    loss: str
    normalisation: str = ""
    front_end: str = ""
    protocol: str = ""

    @property
    def discrete(self) -> bool:
        """Whether the model also gives posteriors of levels."""
        return self.loss == "levels"


def _convolutional(loss: str) -> Recipe:
    """Paper 002, section 6.1."""
    return Recipe(
        data="traces",
        corpus=("recola", "simulated"),
        epochs=60,
        seeds=5,
        tuner="random",
        rule=functools.partial(EarlyStopping, patience=15),
        measure=("ccc", "max"),
        loss=loss,
        normalisation="speaker",
    )


def _recurrent(loss: str) -> Recipe:
    """Paper 001, section 4.2."""
    return Recipe(
        data="traces",
        corpus=("recola", "simulated"),
        epochs=40,
        seeds=3,
        tuner="grid",
        rule=TwoStage,
        measure=("ccc", "max"),
        loss=loss,
        normalisation="recording",
    )


def _fusion() -> Recipe:
    """Paper 000, section 4.4; the seeds are ours."""
    return Recipe(
        data="words",
        corpus=("mosei", "simulated_mosei"),
        epochs=100,
        seeds=3,
        tuner="grid",
        rule=functools.partial(EarlyStopping, patience=10, mode="min"),
        measure=("mae", "min"),
        loss="mae",
    )


def _emotions(corpus: str) -> Recipe:
    """Paper 003, section 5.1; epochs, patience and seeds are ours."""
    return Recipe(
        data="utterances",
        corpus=(corpus, f"simulated_{corpus}"),
        epochs=40,
        seeds=3,
        tuner="random",
        rule=functools.partial(EarlyStopping, patience=10),
        measure=("uar", "max"),
        loss="cross_entropy",
        front_end="yaafe",
        protocol="leave_one_speaker_out",
    )


def _levels(front_end: str) -> Recipe:
    """Paper 004, sections 3.3 and 4; epochs, patience and seeds are ours."""
    return Recipe(
        data="utterances",
        corpus=("iemocap", "simulated_iemocap"),
        epochs=30,
        seeds=3,
        tuner="random",
        rule=functools.partial(EarlyStopping, patience=8),
        measure=("uar", "max"),
        loss="cross_entropy",
        front_end=front_end,
        protocol="dealt",
    )


RECIPES: dict[str, Recipe] = {
    "cheavd_attention_blstm_fcn": _emotions("cheavd"),
    "iemocap_attention_blstm_fcn": _emotions("iemocap"),
    "iemocap_e2e_mtl": _levels("waveform"),
    "iemocap_e2e_mtl_att": _levels("waveform"),
    "iemocap_e2e_stl": _levels("waveform"),
    "iemocap_e2e_stl_att": _levels("waveform"),
    "iemocap_egemaps_rnn": _levels("egemaps_lld"),
    "mosei_blstm": _fusion(),
    "mosei_cnn": _fusion(),
    "mosei_lstm": _fusion(),
    "recola_blstm_ccc": _recurrent("ccc"),
    "recola_blstm_cls": _recurrent("levels"),
    "recola_blstm_mse": _recurrent("mse"),
    "recola_context": _convolutional("ccc"),
    "recola_dilated": _convolutional("ccc"),
    "recola_downup": _convolutional("ccc"),
}


def recipe(model: str) -> Recipe:
    """How a model is trained.

    Raises:
        ValueError: nobody has said.
    """
    if model not in RECIPES:
        raise ValueError(
            f"{model!r} has no recipe: no command trains it yet. Build it "
            f"with zoo.get({model!r}, weights=None) and train it with Keras, "
            "or add a recipe to tuning/recipes.py."
        )
    return RECIPES[model]
