"""Zhang et al. 2019: attention-augmented, multi-task, from the raw waveform.

`recipe` holds the training rule and the search spaces, `task_weights` the
random search of equation 5's weights, `published` the paper's figures,
`systems` the systems of Table 1, `tables` the page that compares them, with
`training_table`, `notes` and `attention` (Figure 2) as its parts.

Where training and protocols depart from the paper, or what it leaves open (the
network's own list is in `zoo.papers.waveform_mtl`):

- epochs and early stopping: the paper gives neither. All systems train for up
  to 100 epochs and stop after 10 without a better UAR on dev; the epoch that
  is best on dev counts.
- batches: the paper gives no size. Here 16 utterances, in an order of their
  own every epoch.
- weights of the classes in the loss: the paper names none. Here all classes of
  a task have the same total weight (`class_weights=balanced`).
- lambda, the weight of the L2 penalty (equation 5): the paper gives no value.
  Here 1e-4, and 0 to 1e-3 in `tuning.search`.
- weights of the tasks (equation 5), "optimised by a random search": the paper
  gives neither their bounds, nor the number of trials, nor their values. Here 8
  trials: equal weights, and draws from 0.1 to 1. A trial's network serves every
  main task, since weights do not depend on it; it stops by the mean over tasks.
- main task: the paper says that there is one, and that in its tables the tasks
  are arousal, valence and dominance, not whether a column's network has that
  column's task as its main one. Here it does; `--set main_task=all` trains one
  network for all columns.
- random seeds: the paper does not say how many networks a figure is of. Here
  three, averaged, and their mean beside it.
- partition: the paper names sessions 1 to 3, 4 and 5, the default here. Its
  sizes are those of sessions 3 to 5 (less 90 utterances, which it does not
  name), 2 and 1: `--corpus-option dev_session=2 --corpus-option
  test_session=1`. Corpora without a partition are cross-validated.
- levels: ratings of exactly 2 are low and of exactly 4 are high, as the paper's
  brackets say.
- intervals, paired differences over speakers and McNemar's test stand beside
  the paper's z-test, which takes UAR for a share of independent utterances.
- stars: the paper prints them for e2e MTL+att. alone, though its own test
  gives some to other systems; here every system has those that it is due.
- OS+SVMs: the paper gives neither kernel nor cost. Here a grid, chosen by a
  search within the training speakers; the classifiers that predict test are
  trained on dev too.
- the text of section 4.3 gives 60.9 as e2e STL's UAR of valence on test; Table
  1 has 60.1, and 60.9 on dev. Table 1 is followed.
"""

from tuning.papers.waveform_mtl import recipe, tables
