"""Decoders of a classifier, and the model that decodes (CLS-Decoded)."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from zoo.common.tensors import Tensor
from zoo.decoding.decoder import Decoders, LevelDecoder
from zoo.decoding.graph import DecodedTrace
from zoo.papers.recola_discrete.layers import LevelPosteriors, LevelValue


def set_decoders(
    model: keras.Model, by_dimension: Mapping[str, Decoders]
) -> None:
    """Keeps decoders in a classifier, in the layers of their levels.

    Args:
        model: of `zoo.get("recola_blstm_cls")`.
        by_dimension: decoders of each dimension's tasks, by number of levels.
    """
    for dimension, decoders in by_dimension.items():
        for levels, decoder in decoders.items():
            layer = model.get_layer(f"{dimension}_{levels}_value")
            layer.set_decoder(decoder)


def decoders(model: keras.Model) -> dict[str, dict[int, LevelDecoder]]:
    """Returns the decoders that a classifier keeps, by dimension and levels.

    Empty where it keeps none: an untrained model, or one that was trained
    without `tuning`, which chooses a decoder on the development recordings.

    Example:
        >>> import zoo
        >>> from zoo.papers import recola_discrete
        >>> recola_discrete.decoders(zoo.get("recola_blstm_cls", None))
        {}
    """
    found: dict[str, dict[int, LevelDecoder]] = {}
    for layer in model.layers:
        decoder = layer.decoder() if isinstance(layer, LevelValue) else None
        if decoder is not None:
            dimension = layer.name.removesuffix("_value").rpartition("_")[0]
            found.setdefault(dimension, {})[decoder.means.size] = decoder
    return found


def decoded(model: keras.Model) -> keras.Model | None:
    """Returns the model that gives decoded traces; `None` without decoders.

    Args:
        model: of `zoo.get("recola_blstm_cls")`.

    Returns:
        A model from the same inputs to the decoded trace (B, T) of each
        dimension, the mean over tasks and networks. Its loop over the steps
        suits an export; on whole recordings, `zoo.decoding.decode_trace` on
        the posteriors is faster.

    Reference: CLS-Decoded of Le et al. 2017, section 4.3.
    """
    outputs = {}
    mask = model.get_layer("mask").output
    for dimension, tasks in decoders(model).items():
        layer = DecodedTrace(list(tasks.values()), name=f"{dimension}_decoded")
        outputs[dimension] = layer(
            [posteriors(model, dimension, levels) for levels in tasks],
            mask=mask,
        )
    return keras.Model(model.input, outputs) if outputs else None


def posteriors(model: keras.Model, dimension: str, levels: int) -> list[Tensor]:
    """Returns the posteriors of one task, one tensor for each network."""
    return [
        layer.output
        for layer in model.layers
        if isinstance(layer, LevelPosteriors)
        and layer.name.startswith(f"{dimension}_")
        and layer.name.endswith(f"_{levels}_posteriors")
    ]
