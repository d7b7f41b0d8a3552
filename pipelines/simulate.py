"""Simulated corpora, written in the layout of real ones.

A recording is one made-up speaker whose voice follows slowly moving arousal
and valence (`pipelines.voice`). Six raters follow the voice 1 to 3 s late,
each with a gain, a bias and noise of its own; their mean is the gold standard.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import scipy.io.wavfile

from pipelines import voice

MANIFEST = "simulated.json"
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
    seconds: float = 60.0,
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
    options = {
        "seed": int(seed),
        "seconds": float(seconds),
        "recordings": int(recordings),
    }
    if not _is_made(out, options):
        _make(out, options, report)
    return out


def _make(out: Path, options: dict, report: Callable[[str], None]) -> None:
    partial = _sibling(out)
    try:
        samples = round(options["seconds"] * voice.RATE)
        _write_all(
            partial, options["seed"], samples, options["recordings"], report
        )
        (partial / MANIFEST).write_text(json.dumps(_manifest(options)))
        os.replace(partial, out)
    except OSError:
        if not _is_made(out, options):  # not by another process either
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sibling(out: Path) -> Path:
    """A new folder beside `out`, from where a rename brings it there."""
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise OSError(
            f"`out` must lie in a folder that can be written. Received: "
            f"{out} ({error.strerror}). Choose another one."
        ) from error
    return partial


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


def _manifest(options: dict) -> dict:
    made_by = f"pipelines.simulate {VERSION}"
    return {"made_by": made_by, "corpus": "recola", **options}


def _is_made(out: Path, options: dict) -> bool:
    """Whether `out` was made with these options; refuses anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    try:
        there = json.loads((out / MANIFEST).read_text())
    except (OSError, ValueError):
        there = {}
    if there == _manifest(options):
        return True
    made = "something that the simulator did not make"
    if isinstance(there, dict) and "made_by" in there:
        made = f"what was made with {_listed(there)}"
    raise FileExistsError(
        f"{out} must be a new folder, or one made with "
        f"{_listed(_manifest(options))}. It holds {made}. Choose another "
        "folder, or remove this one."
    )


def _listed(options: dict) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items())


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


def main(argv: Sequence[str] | None = None) -> None:
    """`python -m pipelines.simulate recola --out DIR`."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.simulate",
        description="Writes a simulated corpus in a real corpus' layout.",
    )
    parser.add_argument("corpus", choices=["recola"])
    parser.add_argument("--out", required=True, metavar="DIR", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args(argv)
    print(
        recola(
            arguments.out,
            arguments.seed,
            arguments.seconds,
            report=lambda name: print(name, file=sys.stderr),
        )
    )


if __name__ == "__main__":
    from zoo import command

    raise SystemExit(command.run(main))
