"""Emotion decoding: the best sequence of levels for posteriors of frames.

A frame's label is the level of one emotion dimension; a region is a run of
equal labels. The score of a labelling is that of its posteriors and its
transitions from frame to frame (equation 9) plus `alpha` times that of an
n-gram model of its regions (equation 8). Everything here is NumPy, without
padding.

Where this departs from the paper:
    - It calls the search intractable and uses a beam. An n-gram looks back
      n - 1 regions only, so Viterbi over (label, those regions) is exact.
    - It does not say how its transitions and n-grams are smoothed, nor how
      the first regions of a recording are scored; see
      `transition_log_probabilities` and `LanguageModel`.

Example:
    >>> import numpy as np
    >>> from zoo import decoding
    >>> training = [np.repeat([0, 1, 2, 1], 5), np.repeat([1, 0, 1], 6)]
    >>> transitions = decoding.transition_log_probabilities(training, 3)
    >>> model = decoding.LanguageModel(order=2)
    >>> model = model.fit([decoding.regions(labels) for labels in training], 3)
    >>> posteriors = [[0.5, 0.3, 0.2], [0.3, 0.4, 0.3], [0.6, 0.2, 0.2]]
    >>> labels, score = decoding.decode(
    ...     decoding.log_probabilities(posteriors), transitions, model, alpha=2
    ... )
    >>> labels
    array([0, 0, 0])

Reference:
    Le, Aldeneh and Mower Provost, "Discretized Continuous Speech Emotion
    Recognition with Multi-Task Deep Recurrent Neural Network", sections 4.2
    and 4.3.
"""

from zoo.decoding.decoder import (
    Decoders,
    LevelDecoder,
    decode_trace,
    load,
    save,
)
from zoo.decoding.frames import (
    log_probabilities,
    posteriors_over_priors,
    regions,
    transition_log_probabilities,
)
from zoo.decoding.language_model import LanguageModel
from zoo.decoding.online import OnlineDecoder
from zoo.decoding.search import decode, decode_many, score

__all__ = [
    "Decoders",
    "LanguageModel",
    "LevelDecoder",
    "OnlineDecoder",
    "decode",
    "decode_many",
    "decode_trace",
    "load",
    "log_probabilities",
    "posteriors_over_priors",
    "regions",
    "save",
    "score",
    "transition_log_probabilities",
]
