"""The only reader of audio: decodes, mixes down to one channel, resamples."""
