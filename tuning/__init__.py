"""Where a model meets a corpus: searching, training, evaluating, tables."""

import zoo  # first, for it quietens TensorFlow's start-up
