"""Evaluation protocols: folds without shared speakers."""
