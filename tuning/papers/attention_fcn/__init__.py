"""Zhao et al. 2018: attention-BLSTM beside an FCN, on IEMOCAP and CHEAVD.

`recipe` holds the training rule and the search spaces, `published` the paper's
figures, `systems` the systems of Tables 2 to 4, `tables` the page that compares
them.

Where training and protocols depart from the paper, or what it leaves open (the
network's own list is in `zoo.papers.attention_fcn`; those of the baselines in
`zoo.papers.attention_fcn.attentive_cnn` and `tuning.experiments.dnn_elm`):

- "stochastic gradient descent with an adaptive learning rate": the paper gives
  neither the rate nor what adapts it. Here plain stochastic gradient descent
  starts at 0.1 and halves its rate after every 3 epochs without a better UA on
  dev (`schedule=plateau`). `--set optimizer=adam` is the other reading.
- epochs and early stopping: the paper gives neither. Here up to 40 epochs, and
  10 without a better UA on dev; the epoch that is best on dev counts.
- the loss: not named; cross-entropy, every utterance with the same weight
  (`class_weights=balanced` is the alternative).
- random seeds: the paper does not say how many networks a figure is of. Here
  three, averaged, and their mean beside it.
- hyper-parameters: the paper chooses them on the validating actor, without
  saying which or from what values. The tables choose the epoch alone;
  `tuning.search` searches the rest.
- folds of IEMOCAP: section 5.1 names both "leave-one-speaker-out" and five
  folds over sessions, of whose two actors one validates and the other is
  tested. Here both directions are run, ten folds, so that every speaker is
  tested once (`--protocol by_session`); the page shows each direction too.
  `--protocol leave_one_speaker_out` is the other reading.
- UA and WA are pooled over folds; the paper does not say whether it pools or
  averages.
- CHEAVD: the paper has no labels of the test partition, trains on train and
  scores validation, "under the cross validation condition". Here the same
  without cross-validation. The scored partition has chosen the epoch: figures
  on it are optimistic, the paper's and ours.
- CHEAVD 2.0 has 7,030 segments in Table 1, which the reader checks; the 2,852
  segments (140 min) of section 4.1 are those of CHEAVD 1.0.
- the improvements of section 5.4 are called relative and over "the other
  baseline models". They are mean differences in points over the other systems
  of the table: `published.mean_gain` gives 5.1 and 4.2, 5.0 and 5.4, 2.8 and
  2.6. Over the best other system they are 2.4 and 1.0, 3.9 and 4.7, 0.5 and
  1.6. Section 5.4's 4.0 for the WA on IEMOCAP is the mean of 5.4 and 2.6.
- Table 2's text has an Attention-LSTM-FCN that the table lacks; it is run.
- the MEC 2017 baseline and the DBN-ivector (Xia and Liu 2016) are quoted, not
  run. Table 4's Attention-BLSTM is that of Huang and Narayanan 2016 in the
  paper, and the paper's own recurrent branch here.
"""

from tuning.papers.attention_fcn import recipe, tables
