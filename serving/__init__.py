"""Exports models and serves them: `python -m serving` lists the commands."""

import zoo  # first, since it silences TensorFlow's start-up messages
