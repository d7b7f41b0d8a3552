"""Published figures of Zhao et al. 2018, Tables 1 to 4 and section 5.1."""

from __future__ import annotations

DATASETS = ("IEMO_dataset1", "IEMO_dataset2")
PROPOSED = "Attention-BLSTM-FCN"
SIZES = {
    "CHEAVD train": {
        "neutral": 1400,
        "angry": 884,
        "happy": 828,
        "sad": 462,
        "worried": 567,
        "anxious": 457,
        "surprise": 175,
        "disgust": 144,
    },
    "CHEAVD dev": {
        "neutral": 200,
        "angry": 128,
        "happy": 119,
        "sad": 67,
        "worried": 81,
        "anxious": 66,
        "surprise": 25,
        "disgust": 21,
    },
    "CHEAVD test": {
        "neutral": 400,
        "angry": 252,
        "happy": 236,
        "sad": 132,
        "worried": 162,
        "anxious": 131,
        "surprise": 51,
        "disgust": 42,
    },
    "IEMO_dataset1": {
        "neutral": 1708,
        "angry": 1103,
        "happy": 595,
        "sad": 1084,
    },
    "IEMO_dataset2": {
        "neutral": 1708,
        "angry": 1103,
        "happy": 1636,
        "sad": 1084,
    },
}
"""Utterances of each class: Table 1, and section 5.1 for IEMOCAP."""
Systems = dict[str, dict[str, tuple[str, str]]]
"""UA and WA by what they were measured on and by system."""
TABLE_2: Systems = {
    "validation of CHEAVD": {
        "MEC 2017 baseline": ("27.2", "39.9"),
        "FCNs": ("25.1", "41.5"),
        "Attention-LSTM": ("25.2", "41.7"),
        "Attention-BLSTM": ("29.4", "45.3"),
        PROPOSED: ("31.8", "46.3"),
    },
}
TABLE_3: Systems = {
    "IEMO_dataset1": {
        "Global max-pooling": ("54.1", "62.8"),
        "Global average-pooling": ("53.7", "62.5"),
        "Attention-pooling": ("56.0", "64.0"),
    },
    "IEMO_dataset2": {
        "Global max-pooling": ("58.8", "56.8"),
        "Global average-pooling": ("58.4", "57.4"),
        "Attention-pooling": ("60.1", "59.7"),
    },
}
TABLE_4: Systems = {
    "IEMO_dataset1": {
        "DNN-ELM": ("52.1", "57.9"),
        "Attention-BLSTM": ("49.9", "59.3"),
        PROPOSED: ("56.0", "64.0"),
    },
    "IEMO_dataset2": {
        "Attentive CNN": ("55.1", "56.1"),
        "DBN-ivector": ("59.6", "58.1"),
        PROPOSED: ("60.1", "59.7"),
    },
}


def mean_gain(systems: dict[str, tuple[str, str]]) -> tuple[float, float]:
    """Returns the mean difference of the proposed system to the others.

    These are the improvements of section 5.4, in percentage points.

    Args:
        systems: UA and WA of one data set's systems, as in `TABLE_4`.

    Example:
        >>> ua, wa = mean_gain(TABLE_4["IEMO_dataset1"])
        >>> round(ua, 1), round(wa, 1)
        (5.0, 5.4)
    """
    others = [own for name, own in systems.items() if name != PROPOSED]
    ua, wa = (
        sum(float(systems[PROPOSED][i]) - float(own[i]) for own in others)
        / len(others)
        for i in range(2)
    )
    return ua, wa
