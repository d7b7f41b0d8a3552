"""Corpora made by a program, in the layouts of real ones."""
