"""Khorram et al. 2017: dilated and down/up-sampling convolutions on RECOLA.

`recipe` holds the training rule and the search spaces, `tables` the published
figures and the paper's tables and figures.
"""

from tuning.papers.recola_conv import recipe, tables
