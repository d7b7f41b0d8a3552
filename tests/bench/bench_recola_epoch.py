"""An epoch of the dilated network against one of the BLSTM of equal size.

`python tests/bench/bench_recola_epoch.py`: nine recordings of 7,500 steps, as
RECOLA's training partition; the BLSTM with Keras's LSTM and with the zoo's.
Paper 002, section 6.2 tells of 13 s against 10 minutes.
"""

from __future__ import annotations

import keras
import numpy as np
from timing import interleaved

import zoo
from zoo.losses import ConcordanceLoss
from zoo.papers import recola_discrete

RECORDINGS, STEPS, VALUES = 9, 7500, 160
WIDTH = 123
"""Of the dilated network: about as many parameters as the BLSTM's."""


def networks() -> dict[str, keras.Model]:
    dimensions = ("arousal",)
    ours = zoo.get("recola_blstm_ccc", weights=None, dimensions=dimensions)
    fast = recola_discrete.LSTM
    recola_discrete.LSTM = keras.layers.LSTM
    try:
        plain = zoo.get("recola_blstm_ccc", weights=None, dimensions=dimensions)
    finally:
        recola_discrete.LSTM = fast
    dilated = zoo.get(
        "recola_dilated", weights=None, width=WIDTH, dimensions=dimensions
    )
    return {
        "dilated": dilated,
        "BLSTM, zoo's LSTM": ours,
        "BLSTM, Keras's LSTM": plain,
    }


def main() -> None:
    generator = np.random.default_rng(0)
    inputs = {
        "features": generator.normal(size=(1, STEPS, VALUES)).astype("f4"),
        "lengths": np.array([STEPS], "int32"),
    }
    labels = {"arousal": generator.normal(size=(1, STEPS)).astype("f4")}
    models = networks()
    for model in models.values():
        model.compile(
            keras.optimizers.Adam(1e-3),
            loss={"arousal": ConcordanceLoss()},
            jit_compile=False,
        )
    spent = interleaved(
        {
            name: lambda model=model: model.train_on_batch(inputs, labels)
            for name, model in models.items()
        },
        rounds=3,
        warm_up=1,
    )
    for name, seconds in spent.items():
        print(
            f"{name}: {models[name].count_params():,} parameters, "
            f"{RECORDINGS * seconds:.2f} s an epoch, "
            f"{seconds / spent['dilated']:.1f} x the dilated network"
        )


if __name__ == "__main__":
    main()
