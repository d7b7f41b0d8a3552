"""Small copies of RECOLA in the layouts of its challenges and its owners."""

from __future__ import annotations

import pathlib

import numpy as np
import soundfile

HEADER = (
    "@relation GOLDSTANDARD\n\n@attribute Instance_name string\n"
    "@attribute frameTime numeric\n@attribute GoldStandard numeric\n\n@data\n"
)
DIMENSIONS = ("arousal", "valence")
RATERS = ("FM1", "FM2", "FM3", "FF1", "FF2", "FF3")
PARTICIPANTS = tuple(f"P{number}" for number in range(16, 62, 2))
"""As many as the owners give out, not the same."""
SECONDS = 1.0
ROWS = 26


def arff(values, header=HEADER, name="'x'"):
    rows = (f"{name},{i * 0.04:.2f},{v}" for i, v in enumerate(values))
    return header + "\n".join(rows) + "\n"


def ratings_csv(ratings, names=RATERS):
    """The text of raters' traces (raters, rows), as the owners write it."""
    rows = (
        ";".join([f"{row * 0.04:.2f}", *(f"{value:.2f}" for value in values)])
        for row, values in enumerate(np.transpose(ratings))
    )
    # The owners' header has spaces behind all but the last rater.
    return "time;" + " ;".join(names) + "\n" + "\n".join(rows) + "\n"


def write_challenge(
    root: pathlib.Path,
    rate=16_000,
    test_labels=False,
    recordings="recordings_audio",
    ratings="ratings_gold_standard",
) -> pathlib.Path:
    """27 recordings of a second, each with noise and labels of its own."""
    rng = np.random.default_rng(0)
    (root / recordings).mkdir(parents=True)
    for dimension in DIMENSIONS:
        (root / ratings / dimension).mkdir(parents=True)
    for split in ("train", "dev", "test"):
        for number in range(1, 10):
            name = f"{split}_{number}"
            _write_noise(root / recordings / f"{name}.wav", rng, SECONDS, rate)
            if split == "test" and not test_labels:
                continue
            for dimension in DIMENSIONS:
                path = root / ratings / dimension / f"{name}.arff"
                path.write_text(arff(rng.uniform(-1, 1, ROWS).round(6)))
    return root


def write_owners(
    root: pathlib.Path, participants=PARTICIPANTS, seconds=SECONDS
) -> pathlib.Path:
    """Recordings by participant, each rated by six raters in each dimension."""
    rng = np.random.default_rng(1)
    (root / "RECOLA-Audio-recordings").mkdir(parents=True)
    rows = round(seconds / 0.04) + 1
    for participant in participants:
        wav = root / "RECOLA-Audio-recordings" / f"{participant}.wav"
        _write_noise(wav, rng, seconds, 44_100)
        for dimension in DIMENSIONS:
            path = rated(root, dimension, participant)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(ratings_csv(raters(rng, rows)))
    return root


def rated(root, dimension, participant):
    folder = root / "RECOLA-Annotation" / "emotional_behaviour" / dimension
    return folder / f"{participant}.csv"


def raters(rng, rows):
    """Six raters of one slow trace, as two decimals have them."""
    trace = 0.4 * np.sin(np.linspace(0, rng.uniform(2, 6), rows))
    gains, biases = rng.uniform(0.5, 1.2, (6, 1)), rng.normal(0, 0.1, (6, 1))
    noise = rng.normal(0, 0.02, (6, rows))
    return np.clip(gains * trace + biases + noise, -1, 1).round(2)


def _write_noise(path, rng, seconds, rate):
    sound = rng.normal(0, 0.1, round(seconds * rate))
    soundfile.write(path, sound, rate, subtype="PCM_16")
