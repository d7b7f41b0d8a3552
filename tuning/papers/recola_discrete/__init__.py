"""Le et al. 2017: discretised labels, multi-task BLSTM, decoding, on RECOLA.

`recipe` holds the training rule and the search spaces, `tables` the published
systems and the page, `discretisation` Table 1 and the balance of the levels,
`variants` the systems that the paper discusses or announces, and `smoothing`
how the decoder compares with filters.
"""

from tuning.papers.recola_discrete import recipe, tables
