"""Zhang et al. 2019: attention-augmented, multi-task, from the raw waveform.

`recipe` holds the training rule and the search spaces, `tables` the published
figures and the paper's table and figure.
"""

from tuning.papers.waveform_mtl import recipe, tables
