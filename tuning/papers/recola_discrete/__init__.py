"""Le et al. 2017: discretised labels, multi-task BLSTM, decoding, on RECOLA.

`recipe` holds the training rule and the search spaces, `tables` the published
systems and the page, `discretisation` Table 1 and the balance of the levels,
`variants` the systems that the paper discusses or announces, `smoothing` the
filters that the decoder is compared with, and `comparison` the tables of both.

Where this departs from the paper:
    - The best of three seeds' parameters are those of the best epoch on dev, as
      in the paper, in both stages; the second stage starts from them.
    - Transitions and priors are counted in training, regions and levels in
      training and development, as the paper says of levels and n-grams; it does
      not say where transitions are counted. `levels_from=train` leaves the
      development labels out, whose scores are then honest.
    - "Regular" cross-entropy, other bins, soft and ordinal labels and CCC of
      the expected value change one thing of the classifier that the search
      chose; they are not searched again.
"""

from tuning.papers.recola_discrete import recipe, tables
