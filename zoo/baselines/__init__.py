"""Predictors without a network, which networks are compared with."""
