"""Audio input: `reader.read` decodes, mixes down to one channel, resamples.

Every part of the project reads recordings with `pipelines.audio.reader`.
"""
