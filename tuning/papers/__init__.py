"""The papers: recipes, search spaces, published figures, tables.

Each module has the name of its paper's module in `zoo.papers`; importing this
package registers all of them.
"""

from tuning.papers import (
    attention_fcn,
    mosei_fusion,
    recola_conv,
    recola_discrete,
    waveform_mtl,
)
