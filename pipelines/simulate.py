"""Simulated corpora, written in the layout of real ones.

A recording is one made-up speaker whose voice follows slowly moving arousal
and valence (`pipelines.voice`). Six raters follow the voice 1 to 3 s late,
each with a gain, a bias and noise of its own; their mean is the gold standard.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import scipy.io.wavfile

from pipelines.simulation import folders, mosei, utterances, voice
from zoo.common import cli

MANIFEST = folders.MANIFEST
VERSION = 1  # grows when the same options give other recordings
LONGEST = 300.0
_SPLITS = ("train", "dev", "test")
_DIMENSIONS = ("arousal", "valence")
_LABEL_RATE = 25
_STEP = voice.RATE // _LABEL_RATE
_LEAD = 6
_RATERS = 6


def recola(
    out: str | Path,
    seed: int = 0,
    seconds: float = 30.0,
    recordings: int = 9,
    report: Callable[[str], None] = lambda message: None,
) -> Path:
    """Writes a simulated corpus in RECOLA's layout.

    Nothing stands under `out` before everything is written. A folder that
    was made with the same options is left as it is.

    Args:
        out: the folder to make.
        seed: of everything, at least 0.
        seconds: length of a recording, 1 to 300.
        recordings: how many in each of train, dev and test; an intact RECOLA
            has 9. Test recordings have labels too.
        report: called with the name of each recording that is done.

    Returns:
        The folder.

    Raises:
        FileExistsError: `out` holds something else, or was made with other
            options.
        OSError: `out` cannot be written.
    """
    _check(seed, seconds, recordings)
    out = Path(out)
    manifest = {
        "made_by": f"pipelines.simulate {VERSION}",
        "corpus": "recola",
        "seed": int(seed),
        "seconds": float(seconds),
        "recordings": int(recordings),
    }
    samples = round(seconds * voice.RATE)
    folders.make(
        out,
        manifest,
        lambda folder: _write_all(folder, seed, samples, recordings, report),
    )
    return out


def _check(seed: int, seconds: float, recordings: int) -> None:
    if seed < 0:
        raise ValueError(f"`seed` must be at least 0. Received: seed={seed}")
    if not 1 <= seconds <= LONGEST:
        raise ValueError(
            f"`seconds` must be from 1 to {LONGEST:g}. Received: "
            f"seconds={seconds}"
        )
    if recordings < 1:
        raise ValueError(
            "`recordings` must be at least 1. Received: "
            f"recordings={recordings}"
        )


def _write_all(
    folder: Path,
    seed: int,
    samples: int,
    recordings: int,
    report: Callable[[str], None],
) -> None:
    for dimension in _DIMENSIONS:
        (folder / "ratings_gold_standard" / dimension).mkdir(parents=True)
    (folder / "recordings_audio").mkdir()
    names = [
        f"{split}_{number}"
        for split in _SPLITS
        for number in range(1, recordings + 1)
    ]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        write = functools.partial(_write, folder, seed, samples)
        for name in pool.map(write, names, range(len(names))):
            report(name)


def _write(
    folder: Path, seed: int, samples: int, name: str, number: int
) -> str:
    rng = np.random.default_rng([seed, number])
    feelings = _feelings(rng, samples)
    arousal, valence = feelings[:, _LEAD * voice.CONTROL_RATE :]
    speaker = voice.draw_speaker(rng)
    sound = voice.speak(rng, speaker, arousal, valence, samples)
    scipy.io.wavfile.write(
        folder / "recordings_audio" / f"{name}.wav", voice.RATE, sound
    )
    for dimension, feeling in zip(_DIMENSIONS, feelings):
        path = folder / "ratings_gold_standard" / dimension / f"{name}.arff"
        path.write_text(_arff(name, _gold_standard(rng, samples, feeling)))
    return name


def _arff(name: str, gold: np.ndarray) -> str:
    rows = "\n".join(
        f"'{name}',{row / _LABEL_RATE:.2f},{value:.6f}"
        for row, value in enumerate(gold)
    )
    return (
        "@relation GOLDSTANDARD\n\n@attribute Instance_name string\n"
        "@attribute frameTime numeric\n@attribute GoldStandard numeric\n\n"
        f"@data\n{rows}\n"
    )


def _feelings(rng: np.random.Generator, samples: int) -> np.ndarray:
    """(2, frames): arousal and valence at 100 Hz, from `_LEAD` s before 0."""
    rate = voice.CONTROL_RATE
    frames = _LEAD * rate + voice.control_frames(samples)
    arousal, other = (
        voice.slow_noise(rng, frames, rate, 0.12) for _ in _DIMENSIONS
    )
    valence = 0.2 * arousal + np.sqrt(1 - 0.2**2) * other
    mood = rng.normal(0, 0.15, (2, 1))
    return np.tanh(0.4 * np.stack([arousal, valence]) + mood)


def _gold_standard(
    rng: np.random.Generator, samples: int, feeling: np.ndarray
) -> np.ndarray:
    """(rows,): the raters' mean, one row more than whole steps of 40 ms."""
    time = np.arange(samples // _STEP + 1) / _LABEL_RATE
    known = np.arange(len(feeling)) / voice.CONTROL_RATE - _LEAD
    ratings = [
        rng.uniform(0.8, 1.2) * np.interp(time - lag, known, feeling)
        + rng.normal(0, 0.05)
        + 0.08 * voice.slow_noise(rng, len(time), _LABEL_RATE, 0.3)
        for lag in rng.uniform(1, 3, _RATERS)
    ]
    return np.clip(np.mean(ratings, axis=0), -1, 1)


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    """`python -m pipelines.simulate {recola,mosei,...} --out DIR`."""
    options = vars(_parser().parse_args(argv))
    options["report"] = lambda name: print(name, file=sys.stderr)
    print(_LAYOUTS[options.pop("corpus")](**options))


_LAYOUTS: dict[str, Callable[..., Path]] = {
    "recola": recola,
    "mosei": mosei.mosei,
    "iemocap": utterances.iemocap,
    "cheavd": utterances.cheavd,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.simulate",
        description="Writes a simulated corpus in a real corpus' layout.",
    )
    layouts = parser.add_subparsers(dest="corpus", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--out", required=True, metavar="DIR", type=Path)
    common.add_argument("--seed", type=int, default=0)
    speech = layouts.add_parser("recola", parents=[common])
    speech.add_argument("--seconds", type=float, default=30.0)
    video = layouts.add_parser("mosei", parents=[common])
    video.add_argument("--videos", type=int, default=mosei.VIDEOS)
    for name, count in utterances.UTTERANCES.items():
        emotions = layouts.add_parser(name, parents=[common])
        emotions.add_argument("--utterances", type=int, default=count)
    return parser


if __name__ == "__main__":
    sys.exit(main())
