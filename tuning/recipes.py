"""How each paper trains a network: rules and default numbers."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

from tuning.schedules import EarlyStopping, TwoStage


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A paper's way of training, and its default numbers.

    Attributes:
        data: what is learnt from, "traces" or "words".
        corpus: the paper's, and the simulated one that stands in for it.
        epochs: at most.
        seeds: networks whose predictions are averaged.
        tuner: that searches the paper's space.
        rule: makes the callback that ends training, from the name that the
            development score is logged under.
        measure: the development score, and whether "max" or "min" is best.
        loss: of a trace, "ccc" or "mse"; of its levels, "levels".
        normalisation: of a recording's features, as
            `pipelines.sequences.read` names it.
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


RECIPES: dict[str, Recipe] = {
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
