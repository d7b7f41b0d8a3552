"""Folds of CMU-MOSEI's videos, and which copies are complete."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from importlib import resources
from pathlib import Path

import numpy as np

from pipelines.corpora._io import tables

FOLDS = ("standard", "paper")
PAPER_FOLDS = {"train": 9400, "dev": 1800, "test": 1100}
"""Segments of the paper's folds."""

MAX_MISSING = 0.05
"""Share of the folds' videos that a complete copy may lack.

No release has them all: two test videos have no labels, and words or features
of others were taken back. Of 23,248 segments, 22,860 can be aligned.
Source: CMU-MultimodalSDK, issues 176 and 256.
"""


def standard_folds() -> dict[str, str]:
    """Returns the SDK's standard folds: video to "train", "dev" or "test"."""
    text = resources.files(__package__) / "standard_folds.json"
    folds = json.loads(text.read_text("utf-8"))
    return {video: name for name in folds for video in folds[name]}


def check_complete(
    root: Path, expected: Collection[str], videos: Collection[str]
) -> None:
    """Refuses a copy that lacks more videos than the releases do.

    Args:
        root: only named in the message.
        expected: the videos of the folds.
        videos: those of them that every stream has.

    Raises:
        FileNotFoundError: names and counts the missing videos.
    """
    missing = sorted(set(expected) - set(videos))
    tolerated = int(MAX_MISSING * len(expected))
    if len(missing) > tolerated:
        raise FileNotFoundError(
            f"{root}: {len(missing)} of the folds' {len(expected)} videos are "
            f"not in every stream: {tables.few(missing)}. At most {tolerated} "
            "may be missing, about as many as the releases lack. Copy the "
            "streams again, or call the copy partial."
        )


def paper_folds(videos: Iterable[str], seed: int) -> dict[str, str]:
    """Draws folds of whole videos with about the paper's shares of segments.

    Args:
        videos: the video of each segment.
        seed: of the order of the videos, which fill train first.

    Returns:
        Video to "train", "dev" or "test".
    """
    names, sizes = np.unique(list(videos), return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    middles = np.cumsum(sizes[order]) - sizes[order] / 2
    shares = np.cumsum(list(PAPER_FOLDS.values()))
    folds = np.searchsorted(shares / shares[-1], middles / sizes.sum())
    return {
        str(names[index]): list(PAPER_FOLDS)[fold]
        for index, fold in zip(order, folds)
    }
