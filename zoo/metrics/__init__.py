"""Metrics of the papers, in NumPy for reports and in Keras for training."""

from zoo.metrics.bootstrap import difference, interval
from zoo.metrics.classification import (
    UnweightedAverageRecall,
    confusion,
    macro_f1,
    recalls,
    unweighted_average_recall,
    weighted_average_recall,
)
from zoo.metrics.concordance import Concordance, concordance_cc, rmse
from zoo.metrics.significance import mcnemar, z_test

__all__ = [
    "Concordance",
    "UnweightedAverageRecall",
    "concordance_cc",
    "confusion",
    "difference",
    "interval",
    "macro_f1",
    "mcnemar",
    "recalls",
    "rmse",
    "unweighted_average_recall",
    "weighted_average_recall",
    "z_test",
]
