"""Extreme learning machine: a random hidden layer and a ridge regression.

G.-B. Huang, Q.-Y. Zhu, C.-K. Siew: Extreme learning machine: theory and
applications. Neurocomputing 2006. Han et al. 2014, reference 4 of Zhao et al.
2018, classify the statistics of an utterance by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


class ExtremeLearningMachine:
    """A classifier whose only trained weights have a closed form.

    Inputs x become h = sigmoid(x W + b), with W and b drawn once; the scores
    are h B. With the targets T, one-hot, training solves
    (H' H + ridge I) B = H' T.

    Args:
        units: of the hidden layer.
        ridge: weight of the squared norm of B.
        seed: of W and b, uniform from -1 to 1.

    Raises:
        ValueError: no unit, or a ridge that is not above 0.

    Example:
        >>> machine = ExtremeLearningMachine(units=20, ridge=0.01)
        >>> inputs = [[0.1, 0.9], [0.2, 0.8], [0.9, 0.1], [0.8, 0.3]]
        >>> machine.fit(inputs, [0, 0, 1, 1], 2).scores(inputs).argmax(axis=1)
        array([0, 0, 1, 1])

    Reference: K. Han, D. Yu, I. Tashev, Interspeech 2014.
    """

    def __init__(self, units: int = 120, ridge: float = 1.0, seed: int = 0):
        if units < 1 or not ridge > 0:
            raise ValueError(
                "`units` must be at least 1 and `ridge` above 0. Received: "
                f"units={units}, ridge={ridge}"
            )
        self.units = units
        self.ridge = ridge
        self.seed = seed
        self.kernel = np.zeros((0, units))
        self.bias = np.zeros(units)
        self.weights = np.zeros((units, 0))

    def fit(
        self, inputs: ArrayLike, y_true: ArrayLike, classes: int
    ) -> ExtremeLearningMachine:
        """Draws the hidden layer and solves for the output weights.

        Args:
            inputs: (rows, values).
            y_true: (rows,) classes from 0.
            classes: their number.

        Returns:
            Itself.
        """
        inputs = np.asarray(inputs, "float64")
        source = np.random.default_rng(self.seed)
        self.kernel = source.uniform(-1, 1, (inputs.shape[1], self.units))
        self.bias = source.uniform(-1, 1, self.units)
        hidden = self._hidden(inputs)
        targets = np.eye(classes)[np.asarray(y_true)]
        gram = hidden.T @ hidden + self.ridge * np.eye(self.units)
        self.weights = np.linalg.solve(gram, hidden.T @ targets)
        return self

    def scores(self, inputs: ArrayLike) -> np.ndarray:
        """Returns the score of each class, (rows, classes).

        Args:
            inputs: (rows, values), as wide as those of `fit`.
        """
        hidden = self._hidden(np.asarray(inputs, "float64"))
        scores: np.ndarray = hidden @ self.weights
        return scores

    def _hidden(self, inputs: np.ndarray) -> np.ndarray:
        hidden: np.ndarray = 1 / (
            1 + np.exp(-(inputs @ self.kernel + self.bias))
        )
        return hidden
