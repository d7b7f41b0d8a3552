"""Samples of traces, utterances and words, and their `tf.data` batches.

Each of the modules `traces`, `utterances` and `words` offers `read`, from a
corpus to a list of samples, and `batches`, from samples to a
`tf.data.Dataset`. Recordings are read by the pipeline of `audio`; what memory
does not hold is read again from disk (`pipelines.stored`).
"""
