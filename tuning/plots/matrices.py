"""Heat maps of what is learnt on one corpus and tested on another."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    places = range(len(names))
    for axes_row, (scheme, own) in zip(grid, matrices.items()):
        for axes, (system, matrix) in zip(axes_row, own.items()):
            axes.imshow(
                matrix, vmin=chance, vmax=max(highest, 0.5), cmap="Blues"
            )
            middle = (chance + max(highest, 0.5)) / 2
            for (row, column), value in np.ndenumerate(matrix):
                axes.text(
                    column,
                    row,
                    f"{100 * value:.1f}",
                    ha="center",
                    va="center",
                    color="white" if value > middle else "black",
                )
            axes.set_title(f"{system}\n{scheme}", fontsize="medium")
            axes.set_xticks(places, names, rotation=30, fontsize="small")
            axes.set_yticks(places, names, fontsize="small")
            axes.set_xlabel("tested on")
            axes.set_ylabel("learnt on")
    figure.suptitle(textwrap.fill(note, 60), fontsize="small")
    return figure
