"""Metrics of the papers, in NumPy for reports and in Keras for training."""

from zoo.metrics.concordance import (
    Concordance,
    UnweightedAverageRecall,
    concordance,
    concordance_terms,
    moments,
    paired,
    rmse,
)
