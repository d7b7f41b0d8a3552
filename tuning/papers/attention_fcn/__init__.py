"""Zhao et al. 2018: attention-BLSTM beside an FCN, on IEMOCAP and CHEAVD.

`recipe` holds the training rule and the search spaces, `tables` the published
figures and the paper's tables.
"""

from tuning.papers.attention_fcn import recipe, tables
