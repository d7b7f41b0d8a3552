"""The 743 features: seconds of audio a second on one core, cost by feature.

The toolbox itself, in C++, manages about 520 on one core. The input is a
voice-like signal: a gliding harmonic tone that comes and goes, in noise. Run
it as `python tests/bench/bench_yaafe.py`; it keeps to one core and thread.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402

from pipelines.features import yaafe  # noqa: E402
from pipelines.features.yaafe import (  # noqa: E402
    bands,
    framing,
    prediction,
    spectral,
    temporal,
)

TOOLBOX = 520
Call = Callable[[], Any]


def voice(seconds: float) -> np.ndarray:
    """Syllables of a gliding tone with twelve harmonics, in noise."""
    rng = np.random.default_rng(0)
    time_axis = np.arange(round(seconds * framing.SAMPLING_RATE)) / 16000
    pitch = 140 + 40 * np.sin(2 * np.pi * 0.4 * time_axis)
    phase = 2 * np.pi * np.cumsum(pitch) / framing.SAMPLING_RATE
    order = np.arange(1, 13)[:, None]
    tone = (np.sin(order * phase) / order).sum(axis=0)
    loudness = np.maximum(np.sin(2 * np.pi * 3 * time_axis), 0)
    noise = rng.normal(size=len(time_axis))
    return np.rint(3000 * loudness * tone + 30 * noise) / 32768


def temporal_calls(part: framing.Stretch) -> dict[str, Call]:
    """Each feature of the frame, as a call."""
    lags = temporal.autocorrelation(part.frames)
    envelope = temporal.envelope(part.frames)
    return {
        "AmplitudeModulation": partial(temporal.amplitude_modulation, envelope),
        "AutoCorrelation": partial(temporal.autocorrelation, part.frames),
        "Energy": partial(temporal.energy, part.frames),
        "Envelope": partial(temporal.envelope, part.frames),
        "EnvelopeShapeStatistics": partial(temporal.envelope_shape, envelope),
        "LPC": partial(prediction.lpc, lags),
        "LSF": partial(prediction.lsf, lags),
        "TemporalShapeStatistics": partial(
            temporal.temporal_shape, part.frames
        ),
        "ZCR": partial(temporal.zero_crossing_rate, part.samples),
    }


def spectral_calls(part: framing.Stretch) -> dict[str, Call]:
    """Each feature of the whole spectrum, as a call."""
    magnitude = part.magnitude[2:]
    return {
        "ComplexDomainOnsetDetection": partial(
            spectral.complex_domain_onset, part.spectrum, part.magnitude
        ),
        "SpectralDecrease": partial(spectral.spectral_decrease, magnitude),
        "SpectralFlatness": partial(spectral.spectral_flatness, magnitude),
        "SpectralFlux": partial(spectral.spectral_flux, part.magnitude[1:]),
        "SpectralRolloff": partial(spectral.spectral_rolloff, magnitude**2),
        "SpectralShapeStatistics": partial(spectral.spectral_shape, magnitude),
        "SpectralSlope": partial(spectral.spectral_slope, magnitude),
        "SpectralVariation": partial(
            spectral.spectral_variation, part.magnitude[1:]
        ),
    }


def band_calls(part: framing.Stretch) -> dict[str, Call]:
    """Each feature of frequency bands, as a call."""
    magnitude = part.magnitude[2:]
    power = magnitude**2
    shares = bands.loudness(power)
    groups = bands.grouped_power(power)
    octaves = bands.octave_intensity(power, magnitude)
    return {
        "Loudness": partial(bands.loudness, power),
        "MFCC": partial(bands.mfcc, bands.mel_spectrum(magnitude)),
        "MelSpectrum": partial(bands.mel_spectrum, magnitude),
        "OBSI": partial(bands.octave_intensity, power, magnitude),
        "OBSIR": partial(bands.octave_ratio, octaves),
        "PerceptualSharpness": partial(bands.perceptual_sharpness, shares),
        "PerceptualSpread": partial(bands.perceptual_spread, shares),
        "(grouped power)": partial(bands.grouped_power, power),
        "SpectralCrestFactorPerBand": partial(
            bands.crest_factor_per_band, groups
        ),
        "SpectralFlatnessPerBand": partial(bands.flatness_per_band, groups),
    }


def fastest(calls: dict[str, Call], rounds: int) -> dict[str, float]:
    """Each call's least time in seconds over interleaved rounds."""
    best = dict.fromkeys(calls, np.inf)
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main() -> None:
    """Prints the throughput by length, then the cost by feature."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, nargs="+", default=[10, 300])
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    lengths = {f"{s:g} s": voice(s) for s in arguments.seconds}
    calls: dict[str, Call] = {
        name: partial(yaafe.extract, signal) for name, signal in lengths.items()
    }
    print("length   seconds of audio a second   over the toolbox")
    for name, best in fastest(calls, arguments.rounds).items():
        speed = len(lengths[name]) / framing.SAMPLING_RATE / best
        print(f"{name:<8} {speed:<27.0f} {speed / TOOLBOX:.2f}")

    padded = framing.pad(voice(yaafe.CHUNK * 0.032))
    shared = partial(framing.stretch, padded, 0, yaafe.CHUNK)
    calls = {"(spectrum and magnitude)": shared}
    for group in (temporal_calls, spectral_calls, band_calls):
        calls |= group(shared())
    print("\nfeature                        microseconds a frame")
    costs = fastest(calls, 10 * arguments.rounds)
    for name in sorted(costs, key=lambda name: -costs[name]):
        print(f"{name:<30} {1e6 * costs[name] / yaafe.CHUNK:.2f}")


if __name__ == "__main__":
    main()
