"""Evaluation protocols: folds, as a rule without shared speakers."""
