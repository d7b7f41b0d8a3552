"""Plots of runs and of the papers' figures."""
