"""Corpora made by a program, in the layouts of RECOLA, MOSEI, IEMOCAP, CHEAVD.

`python -m pipelines.simulate` is the command line.
"""
