"""A zoo model becomes something that runs elsewhere."""

import zoo  # first, for it quietens TensorFlow's start-up
