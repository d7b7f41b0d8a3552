"""One module a paper; importing this package registers every model."""

from zoo.papers import (
    attention_fcn,
    mosei_fusion,
    recola_conv,
    recola_discrete,
    waveform_mtl,
)
