"""Front ends that are no Keras layers: acoustic features of a waveform."""
