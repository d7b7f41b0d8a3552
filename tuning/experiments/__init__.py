"""Experiments: a model on a corpus under an evaluation protocol."""
