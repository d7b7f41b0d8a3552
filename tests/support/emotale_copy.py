"""A small copy of EmoTale in its owners' layout, for tests."""

import csv

import numpy as np
import soundfile

COLUMNS = ["file"] + [
    f"a{i}_{what}" for i in (1, 2, 3) for what in ("A", "V", "D", "cat")
]
COLUMNS.append("gt_emotion")


def write_copy(root, suffix="wav", rate=16_000, speakers=2):
    """Two emotions, a language each, of every speaker, in other lengths."""
    (root / "wav").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    for speaker in range(1, speakers + 1):
        for language, emotion in (("DK", "A"), ("EN", "S")):
            name = f"{language}_{speaker:03d}_{emotion}_1"
            sound = rng.normal(0, 0.1, (rng.integers(3, 9) * rate // 10, 1))
            soundfile.write(
                root / "wav" / f"{name}.{suffix}",
                np.repeat(sound, 2, axis=1),
                rate,
            )
            ratings = rng.integers(2, 11, 9) / 2
            row = [f"{name}.wav"]
            for three in ratings.reshape(3, 3):
                row += [*three, emotion]
            rows.append([*row, emotion])
    write_annotations(root, [COLUMNS, *rows])
    people = [["speaker", "gender", "age"]]
    for number in range(1, speakers + 1):
        people.append([f"{number:03d}", "FM"[number % 2], 20 + number])
    write_csv(root / "speaker_info.csv", people)
    return root


def write_csv(path, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)


def write_annotations(root, rows):
    write_csv(root / "annotations.csv", rows)
