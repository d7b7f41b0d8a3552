"""One module a paper; importing this package registers every model."""

from zoo.papers import (
    attention_fcn,
    egemaps_rnn,
    mosei_fusion,
    recola_conv,
    recola_discrete,
    waveform_mtl,
)
