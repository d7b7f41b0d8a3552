"""Recipes: how each paper trains a network, with its default numbers.

A module of `tuning.papers` registers the search space of each of its models
under the recipe by which that model is trained:

    @register(Recipe(experiment=TraceExperiment, ...))
    def recola_dilated(hp, target): ...
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tuning.training.callbacks import EarlyStopping
from tuning.training.fits import Configuration
from tuning.training.values import Rule

if TYPE_CHECKING:
    import keras
    import keras_tuner


Space = Callable[["keras_tuner.HyperParameters", str], Configuration]
"""From hyper-parameters and a target to a configuration."""


def _adapt_nothing(
    model: keras.Model, statistics: Any, arguments: Mapping[str, Any]
) -> None:
    """Leaves a model as it is."""


def _always(model: keras.Model) -> bool:
    """Says yes of every model."""
    return True


def _keep_arguments(
    arguments: Mapping[str, Any], statistics: Any
) -> dict[str, Any]:
    """Returns the arguments as they are."""
    return dict(arguments)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A paper's training rule and default numbers for one model.

    Attributes:
        experiment: the class of `tuning.experiments` that trains and scores
            the model: of traces, utterances or words.
        corpus: the paper's corpus, and the simulated one that stands in for
            it.
        epochs: at most.
        seeds: networks whose predictions are averaged.
        trial_seeds: networks whose mean development score a search compares
            configurations by; 1 where the paper gives no number.
        tuner: that searches the paper's space.
        rule: makes the callback that ends training, from the name under which
            the development score is logged.
        measure: the development score, and whether "max" or "min" is best.
        loss: of a trace, "ccc" or "mse"; of its levels, "levels"; of words,
            "mae"; of the class of an utterance, "cross_entropy".
        normalisation: of a recording's features, as
            `pipelines.datasets.traces` names it.
        front_end: of utterances, as `pipelines.datasets.utterances` names it.
        protocol: of utterances: name of the protocol for corpora without
            partitions (`tuning.protocols.names.PROTOCOLS`).
        adapt: sets scales, whitening or levels in an untrained model, from
            the statistics of the training data that the experiment computes
            and the model's arguments.
        resolve: completes the model's arguments from those statistics; of
            traces, from the number of steps of the longest training recording.
        attends_over_time: whether the steps of a model's attention are moments
            of the recording.
        values: rules of the hyper-parameters' values, by name, besides those
            that all papers share.
        note: what a report says of the paper's own figures, or "".
        model: name of the model; filled in by `register`.
        space: the search space; filled in by `register`.
    """

    experiment: type[Any]
    corpus: tuple[str, str]
    epochs: int
    seeds: int
    tuner: str
    rule: Callable[[str], EarlyStopping]
    measure: tuple[str, str]
    loss: str
    trial_seeds: int = 1
    normalisation: str = ""
    front_end: str = ""
    protocol: str = ""
    adapt: Callable[[keras.Model, Any, Mapping[str, Any]], None] = (
        _adapt_nothing
    )
    resolve: Callable[[Mapping[str, Any], Any], dict[str, Any]] = (
        _keep_arguments
    )
    attends_over_time: Callable[[keras.Model], bool] = _always
    values: Mapping[str, Rule] = dataclasses.field(default_factory=dict)
    note: str = ""
    model: str = ""
    space: Space | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Has a copy in another process taken from the registry there.

        A recipe that is not registered is copied without its `values`, which
        are for command lines.
        """
        if self.space is not None and _RECIPES.get(self.model) is self:
            return _registered, (self.model, self.space.__module__)
        names = (field.name for field in dataclasses.fields(self))
        fields = {name: getattr(self, name) for name in names}
        return _unregistered, ({**fields, "values": {}},)

    def configuration(
        self, hp: keras_tuner.HyperParameters, target: str
    ) -> Configuration:
        """Returns the configuration of a target for given hyper-parameters."""
        if self.space is None:
            raise ValueError(f"The recipe of {self.model!r} has no space.")
        return self.space(hp, target)


def _registered(model: str, module: str) -> Recipe:
    """Returns a recipe; `module` registers it."""
    importlib.import_module(module)
    return recipe(model)


def _unregistered(fields: Mapping[str, Any]) -> Recipe:
    return Recipe(**fields)


_RECIPES: dict[str, Recipe] = {}


def register(recipe: Recipe) -> Callable[[Space], Space]:
    """Registers a search space, and its recipe, under the function's name.

    Raises:
        ValueError: the name is taken.
    """

    def decorate(space: Space) -> Space:
        model = space.__name__
        if model in _RECIPES:
            raise ValueError(
                f"A recipe of {model!r} is registered already. Choose another "
                "name."
            )
        _RECIPES[model] = dataclasses.replace(recipe, model=model, space=space)
        return space

    return decorate


def names() -> list[str]:
    """Names of the models with a recipe, sorted."""
    return sorted(_RECIPES)


def recipe(model: str) -> Recipe:
    """The recipe of a model.

    Args:
        model: a name in `zoo.names()`.

    Raises:
        ValueError: it has none.
    """
    if model not in _RECIPES:
        raise ValueError(
            f"{model!r} has no recipe: no command trains it yet. Build it "
            f"with zoo.get({model!r}, weights=None) and train it with Keras, "
            "or register a recipe in a module of tuning/papers."
        )
    return _RECIPES[model]
