"""A toy paper as a module of `zoo.papers` would have it: a line a dimension."""

from __future__ import annotations

from typing import Any

import keras

from zoo.layers import Conv1D, Trace
from zoo.papers._recola import DIMENSIONS, card, side_by_side
from zoo.registry import register


@register(
    card(
        "A line from features to traces.",
        "This test. A line from features to traces. Tests 2026.",
        "concordance_loss",
    )
)
def toy_line(width: int = 4, dimensions: Any = DIMENSIONS) -> keras.Model:
    """One hidden layer that sees a single step."""

    def network(sequence: Any, mask: Any, dimension: str) -> dict[str, Any]:
        hidden = Conv1D(width, 1, padding="same", name=f"{dimension}_hidden")
        trace = Trace(name=f"{dimension}_trace")
        return {dimension: trace(hidden(sequence, mask=mask), mask=mask)}

    return side_by_side(network, dimensions, "toy_line")
