"""Khorram et al. 2017: dilated and down/up-sampling convolutions on RECOLA.

`recipe` holds the training rule and the search spaces, `tables` the published
figures and the page of all tables, `filter_lengths` Figure 1, `label_dynamics`
Figure 4, `epoch_seconds` the times of section 6.2.

Where this departs from the paper (the networks: `zoo.papers.recola_conv`):
- The loss is 1 - CCC of each recording, the batch being one; the CCC that is
  reported, and that stops the training, is of all frames of a partition.
- Test labels are not the organisers' secret where a copy of the corpus has
  them: test is then scored here, and nothing is chosen on it.
- Times are of TensorFlow on this machine, of random inputs and one dimension,
  not of Theano; the convolutional network that has as many parameters as the
  BLSTM is the dilated one with 123 filters a layer.
- The BLSTM is `recola_blstm_ccc`, by the recipe of Le et al. 2017, from which
  the paper takes it; three networks by default, not five.
- Valstar et al. is AVEC's baseline run anew on the same recordings, with what
  `tuning.experiments.avec` says.
What the paper leaves open:
- Adam, a learning rate from 3e-4 to 1e-2, 60 epochs at most, and an end after
  15 without a better CCC on dev.
- The search: the paper's own final values and random ones from `recipe`, which
  has all that section 6.1 names. Depths are 6 to 12, factors of the down/up
  network 2 and 3, since filters of 3 steps leave steps of a factor of 4
  unreached. Each dimension is searched and trained by itself.
- Figure 1: a learning rate of 1e-3, 30 epochs at most, no L2.
- Figure 4: cubic splines through every n-th value and the last one.
"""

from tuning.papers.recola_conv import recipe, tables
