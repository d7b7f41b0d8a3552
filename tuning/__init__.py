"""Where a model meets a corpus: searching, training, evaluating, tables."""
