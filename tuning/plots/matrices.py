"""Matrices as heat maps, such as UA by training and test corpus."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_matrix(
    axes: Axes,
    values: np.ndarray,
    texts: np.ndarray,
    names: Sequence[str],
    limits: tuple[float, float],
) -> None:
    """Draws one square matrix in colours, with a text in every cell.

    Args:
        axes: to draw on.
        values: (names, names), which give the colours.
        texts: of the cells, of the same shape.
        names: of the rows and of the columns.
        limits: values of the lightest and the darkest colour.
    """
    axes.imshow(values, vmin=limits[0], vmax=limits[1], cmap="Blues")
    for (row, column), value in np.ndenumerate(values):
        axes.text(
            column,
            row,
            texts[row, column],
            ha="center",
            va="center",
            fontsize="small",
            color="white" if value > sum(limits) / 2 else "black",
        )
    places = range(len(names))
    axes.set_xticks(places, names, rotation=30, fontsize="small")
    axes.set_yticks(places, names, fontsize="small")


def heat_maps(
    matrices: Mapping[str, Mapping[str, np.ndarray]],
    names: Sequence[str],
    chance: float,
    note: str,
) -> Figure:
    """Heat maps of UA: a row of maps a normalisation, a column a system.

    Args:
        matrices: by title of the row and of the column, UA (learnt, tested)
            between 0 and 1.
        names: of the corpora, of the rows and columns of each matrix.
        chance: UA of a guess, where the colours begin.
        note: a caveat on the data, or "".
    """
    from matplotlib.figure import Figure

    rows, columns = len(matrices), len(next(iter(matrices.values())))
    side = 1.2 + 0.8 * len(names)
    figure = Figure(
        figsize=(1.0 + side * columns, 0.8 + side * rows), layout="constrained"
    )
    grid = figure.subplots(rows, columns, squeeze=False)
    highest = max(np.max(m) for own in matrices.values() for m in own.values())
    for axes_row, (scheme, own) in zip(grid, matrices.items()):
        for axes, (system, matrix) in zip(axes_row, own.items()):
            texts = np.vectorize("{:.1f}".format)(100 * matrix)
            draw_matrix(axes, matrix, texts, names, (chance, max(highest, 0.5)))
            axes.set_title(f"{system}\n{scheme}", fontsize="medium")
            axes.set_xlabel("tested on")
            axes.set_ylabel("learnt on")
    figure.suptitle(textwrap.fill(note, 60), fontsize="small")
    return figure
