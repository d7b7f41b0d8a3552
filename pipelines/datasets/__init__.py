"""Samples of traces, utterances and words, batched for `tf.data`."""
