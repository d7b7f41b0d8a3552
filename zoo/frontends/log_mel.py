"""Kaldi's log Mel filter bank as a Keras layer.

Both this and Kaldi use single precision. A filter whose energy is more than
20 nats (87 dB) below the strongest of its frame holds rounding noise of either
transform; only there do the two differ by more than 1e-3 (for a pure tone, not
for speech).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from zoo.common.tensors import Shape, Tensor

FLOAT32_EPSILON = float(np.finfo(np.float32).eps)
INT16_SCALE = 32768.0
CHUNK = 2000
"""Frames of a batch that are computed at once."""
WINDOWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "povey": lambda phase: (0.5 - 0.5 * np.cos(phase)) ** 0.85,
    "hanning": lambda phase: 0.5 - 0.5 * np.cos(phase),
    "hamming": lambda phase: 0.54 - 0.46 * np.cos(phase),
    "rectangular": np.ones_like,
}


def mel(frequency: ArrayLike) -> np.ndarray:
    """Converts a frequency in Hz to Kaldi's mel scale."""
    return 1127.0 * np.log1p(np.asarray(frequency) / 700.0)


def mel_filters(
    num_mel_bins: int,
    fft_length: int,
    sampling_rate: int,
    low_frequency: float,
    high_frequency: float,
) -> np.ndarray:
    """Returns Kaldi's triangular filters, (fft_length / 2 + 1, bins).

    They are linear in mel; the Nyquist bin has no weight, as in Kaldi.
    """
    centres = mel(np.arange(fft_length // 2) * sampling_rate / fft_length)
    edges = np.linspace(
        mel(low_frequency), mel(high_frequency), num_mel_bins + 2
    )
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (centres[:, None] - left) / (middle - left)
    falling = (right - centres[:, None]) / (right - middle)
    filters = np.maximum(0.0, np.minimum(rising, falling))
    return np.pad(filters, ((0, 1), (0, 0))).astype("float32")


def _at_least(least: int, count: Tensor) -> Tensor:
    """Returns the larger of a number and an int or a tensor, in its type."""
    if isinstance(count, (int, np.integer)):
        return max(count, least)
    return ops.maximum(count, least)


def _smaller(one: Tensor, other: Tensor) -> Tensor:
    """Returns the smaller of two ints or tensors, an int if both are."""
    if isinstance(one, int) and isinstance(other, int):
        return min(one, other)
    return ops.minimum(one, other)


def _mirrored(waveform: Tensor, ends: Tensor, place: Tensor) -> Tensor:
    """Returns samples of a signal that is mirrored at both of its ends.

    Args:
        waveform: (batch, samples).
        ends: (batch, 1), the length of each row.
        place: (1, places), numbers of samples.
    """
    place = ops.mod(place, 2 * ends)
    place = ops.minimum(place, 2 * ends - 1 - place)
    return ops.take_along_axis(waveform, place, axis=1)


@keras.saving.register_keras_serializable(package="zoo")
class LogMelFilterBank(keras.layers.Layer):
    """Kaldi's log Mel filter bank energies (natural log, no dither).

    Args:
        num_mel_bins: number of filters; 40 in papers 001 and 002 (Kaldi: 23).
        sampling_rate: of the waveform, in Hz.
        frame_length: length of a window, in milliseconds.
        frame_shift: from one window to the next, in milliseconds.
        preemphasis: coefficient of the first difference in a window.
        remove_dc_offset: whether a window's mean is subtracted first.
        window: "povey", "hanning", "hamming" or "rectangular".
        low_frequency: lower edge of the first filter, in Hz.
        high_frequency: upper edge of the last filter, in Hz; zero or less is
            relative to the Nyquist frequency.
        snip_edges: `True` keeps whole windows only; `False` makes one frame
            for each shift and mirrors the signal at both ends.
        use_power: `True` for the power spectrum, `False` for the magnitude.
        use_log: `True` for logarithms, `False` for energies.

    Input shape: (batch, samples) in [-1, 1), scaled to int16's range inside;
        `lengths` (batch,) in samples where rows are padded.
    Output shape: (batch, frames, num_mel_bins). A row of n samples has
        `frames(n)` valid frames; later ones are undefined. A batch shorter
        than one window gives a single frame, which is not valid.

    Memory: beside its input, the layer takes twice its output of 16 kB a
        second, and 28 MB for the chunk of frames in work.

    Raises:
        ValueError: frequencies out of order, or an unknown window.

    Example:
        >>> import numpy as np
        >>> from zoo.frontends import LogMelFilterBank
        >>> tuple(LogMelFilterBank()(np.zeros((1, 16000), "float32")).shape)
        (1, 98, 40)

    Reference: Povey et al., The Kaldi speech recognition toolkit, ASRU 2011.
    """

    def __init__(
        self,
        num_mel_bins: int = 40,
        sampling_rate: int = 16000,
        frame_length: float = 25.0,
        frame_shift: float = 10.0,
        preemphasis: float = 0.97,
        remove_dc_offset: bool = True,
        window: str = "povey",
        low_frequency: float = 20.0,
        high_frequency: float = 0.0,
        snip_edges: bool = True,
        use_power: bool = True,
        use_log: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.num_mel_bins = num_mel_bins
        self.sampling_rate = sampling_rate
        self.frame_length = frame_length
        self.frame_shift = frame_shift
        self.preemphasis = preemphasis
        self.remove_dc_offset = remove_dc_offset
        self.window = window
        self.low_frequency = low_frequency
        self.high_frequency = high_frequency
        self.snip_edges = snip_edges
        self.use_power = use_power
        self.use_log = use_log
        self._length = int(sampling_rate * frame_length / 1000)
        self._shift = int(sampling_rate * frame_shift / 1000)
        self._fft_length = 2 ** math.ceil(math.log2(self._length))
        self._window = self._checked_window()
        self._filters = self._checked_filters()

    def _checked_window(self) -> np.ndarray:
        if self.window not in WINDOWS:
            raise ValueError(
                f"`window` must be one of {sorted(WINDOWS)}. "
                f"Received: window={self.window!r}"
            )
        phase = 2 * np.pi * np.arange(self._length) / (self._length - 1)
        return WINDOWS[self.window](phase).astype("float32")

    def _checked_filters(self) -> np.ndarray:
        nyquist = self.sampling_rate / 2
        low, high = self.low_frequency, self.high_frequency
        high = high if high > 0 else nyquist + high
        if not 0 <= low < high <= nyquist:
            raise ValueError(
                "`low_frequency` and `high_frequency` must lie in this order "
                f"between 0 and {nyquist} Hz. Received: low_frequency={low}, "
                f"high_frequency={self.high_frequency}"
            )
        return mel_filters(
            self.num_mel_bins, self._fft_length, self.sampling_rate, low, high
        )

    def frames(self, samples: Tensor) -> Tensor:
        """Returns the number of valid frames of `samples` (int or tensor)."""
        if self.snip_edges:
            count = (samples - self._length) // self._shift + 1
        else:
            count = (samples + self._shift // 2) // self._shift
        return _at_least(0, count)

    def call(self, waveform: Tensor, lengths: Tensor = None) -> Tensor:
        waveform = self._at_least_one_window(ops.cast(waveform, "float32"))
        batch, samples = ops.shape(waveform)
        if lengths is None:
            lengths = ops.full((batch,), samples, "int32")
        lengths = ops.maximum(ops.cast(lengths, "int32"), 1)
        frames = _at_least(1, self.frames(samples))
        # In chunks: a frame takes 14 kB until it is reduced to its energies.
        size = _smaller(frames, _at_least(1, CHUNK // _at_least(1, batch)))
        if isinstance(frames, int) and frames == size:
            return self._chunk(waveform, lengths, 0, frames)
        count = -(-frames // size)
        # The last chunk ends with the row and repeats frames of the one before.
        starts = ops.arange(count, dtype="int32") * size
        starts = ops.minimum(starts, frames - size)
        chunks = ops.map(
            lambda start: self._chunk(waveform, lengths, start, size), starts
        )
        before = (count - 1) * size
        shape = (batch, before, self.num_mel_bins)
        most = ops.reshape(ops.transpose(chunks[:-1], (1, 0, 2, 3)), shape)
        return ops.concatenate(
            [most, chunks[-1][:, before - frames + size :]], axis=1
        )

    def _at_least_one_window(self, waveform: Tensor) -> Tensor:
        if not self.snip_edges:
            return waveform
        missing = _at_least(0, self._length - ops.shape(waveform)[1])
        if isinstance(missing, int) and missing == 0:
            return waveform
        return ops.pad(waveform, ((0, 0), (0, missing)))

    def _chunk(
        self, waveform: Tensor, lengths: Tensor, first: Tensor, count: Tensor
    ) -> Tensor:
        """Returns the energies of `count` frames from the frame `first` on."""
        samples = (count - 1) * self._shift + self._length
        start = first * self._shift
        if self.snip_edges:
            shape = (ops.shape(waveform)[0], samples)
            part = ops.slice(waveform, (0, start), shape)
        else:
            start = start + self._shift // 2 - self._length // 2
            place = ops.arange(samples, dtype="int32")[None] + start
            part = _mirrored(waveform, lengths[:, None], place)
        part = part * INT16_SCALE
        frames = ops.extract_sequences(part, self._length, self._shift)
        return self._energies(self._conditioned(frames))

    def _conditioned(self, frames: Tensor) -> Tensor:
        if self.remove_dc_offset:
            frames = frames - ops.mean(frames, axis=-1, keepdims=True)
        if self.preemphasis:
            before = ops.concatenate(
                [frames[..., :1], frames[..., :-1]], axis=-1
            )
            frames = frames - self.preemphasis * before
        return frames * self._window

    def _energies(self, frames: Tensor) -> Tensor:
        real, imaginary = ops.rfft(frames, fft_length=self._fft_length)
        spectrum = ops.square(real) + ops.square(imaginary)
        if not self.use_power:
            spectrum = ops.sqrt(spectrum)
        energies = ops.matmul(spectrum, self._filters)
        if not self.use_log:
            return energies
        return ops.log(ops.maximum(energies, FLOAT32_EPSILON))

    def compute_output_shape(
        self, waveform_shape: Shape, lengths_shape: Shape | None = None
    ) -> Shape:
        batch, samples = waveform_shape
        frames = None if samples is None else max(self.frames(samples), 1)
        return (batch, frames, self.num_mel_bins)

    def get_config(self) -> dict[str, Any]:
        names = (
            "num_mel_bins sampling_rate frame_length frame_shift preemphasis "
            "remove_dc_offset window low_frequency high_frequency snip_edges "
            "use_power use_log"
        ).split()
        config = super().get_config()
        config.pop("dtype", None)
        return {**config, **{name: getattr(self, name) for name in names}}
