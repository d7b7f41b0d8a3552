"""The `tf.data` pipeline from recordings to waveforms and features.

    utterances, in the order wanted
        |   read side by side: decoded, mixed down, resampled (libsndfile)
    waveforms
        |   front end: its Keras layers, in the graph
    features

Files are read by `pipelines.audio.reader` inside `numpy_function`, not decoded
by tensorflow-io's operations. The samples are the same
(`pipelines.audio.graph.decode`); libsndfile is faster on the whole
(`pipelines.audio.reader`), reads spans, lets corpora cut and join recordings,
and names the file in its errors. Paths such as "gs://bucket/a.wav" are fetched
through `tf.io`, with the file systems of tensorflow-io where it loads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo import frontends

if TYPE_CHECKING:
    import tensorflow as tf

    from pipelines.corpora.base import Utterance

READERS = 2
"""Recordings read side by side."""
Read = Callable[["Utterance"], np.ndarray]


class Recordings:
    """Recordings of a corpus as a `tf.data` pipeline.

    Iterate over it once for each pass: `waveforms()` or `features(...)`.

    Args:
        utterances: in the order wanted.
        read: returns an utterance's waveform, (samples,) float32 at 16 kHz.

    Example:
        `Recordings(corpus.utterances, corpus.waveform).waveforms()`
    """

    def __init__(self, utterances: Sequence[Utterance], read: Read):
        self._utterances = utterances
        self._read = read
        self._errors: dict[int, Exception] = {}

    def waveforms(self) -> Iterator[np.ndarray]:
        """Yields the waveforms, (samples,) float32.

        Raises:
            Exception: what `read` raises of the first utterance that fails.
        """
        yield from self._arrays(self._dataset())

    def features(self, frontend: str) -> Iterator[np.ndarray]:
        """Yields the features of a front end, (steps, values) float32.

        Args:
            frontend: a name in `zoo.frontends`; its own standardisation is
                left out.

        Raises:
            ValueError: a recording shorter than one window, or no such front
                end.
            Exception: as of `waveforms`.
        """
        import tensorflow as tf

        extract = frontends.get(frontend, standardise=False)

        @tf.autograph.experimental.do_not_convert
        def features(waveform: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            lengths = tf.shape(waveform)
            outputs = extract({"waveform": waveform[None], "lengths": lengths})
            steps = outputs["lengths"][0]
            return outputs["features"][0, :steps], lengths[0]

        dataset = self._dataset().map(
            features, num_parallel_calls=READERS, deterministic=True
        )
        arrays = self._arrays(dataset)
        for utterance, (rows, samples) in zip(self._utterances, arrays):
            if not len(rows):
                raise ValueError(
                    f"{utterance.id}: a recording must last 25 ms at least, "
                    f"one window. Received: {samples} samples. Leave it out."
                )
            yield rows

    def _dataset(self) -> tf.data.Dataset:
        import tensorflow as tf

        @tf.autograph.experimental.do_not_convert
        def load(place: tf.Tensor) -> tf.Tensor:
            waveform = tf.numpy_function(
                self._load, [place], tf.float32, stateful=False
            )
            return tf.ensure_shape(waveform, [None])

        places = tf.data.Dataset.range(len(self._utterances))
        return places.map(load, num_parallel_calls=READERS, deterministic=True)

    def _load(self, place: Any) -> np.ndarray:
        index = int(place)
        try:
            waveform = self._read(self._utterances[index])
        except Exception as error:
            self._errors[index] = error  # TensorFlow keeps its text alone
            raise
        return np.asarray(waveform, np.float32)

    def _arrays(self, dataset: tf.data.Dataset) -> Iterator[Any]:
        """Yields a dataset's elements; raises what reading has raised."""
        import tensorflow as tf

        elements = dataset.prefetch(READERS).as_numpy_iterator()
        while True:
            try:
                element = next(elements)
            except StopIteration:
                return
            except tf.errors.OpError:
                if self._errors:
                    raise self._errors[min(self._errors)] from None
                raise
            yield element
