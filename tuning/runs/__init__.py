"""Runs: request, folder, trials, ensemble, report."""
