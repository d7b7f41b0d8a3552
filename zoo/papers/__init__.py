"""The papers, one module each; importing this package registers all models."""

from zoo.papers import (
    attention_fcn,
    mosei_fusion,
    recola_conv,
    recola_discrete,
    waveform_mtl,
)
