"""Front ends that are no layers: features computed from a waveform."""
