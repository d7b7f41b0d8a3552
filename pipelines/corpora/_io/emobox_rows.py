"""The fields of an utterance in EmoBox's metadata, checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from pipelines.audio import files

MAX_SECONDS = 1e6
MAX_NAME = 200
"""Characters of a file's or folder's name."""
MAX_CHANNEL = 64


@dataclasses.dataclass(frozen=True)
class Row:
    """An utterance in EmoBox's metadata.

    Attributes:
        key: its id.
        wav: path of its recording, as its authors write it.
        label: its emotion as in the corpus.
        start: seconds into the recording.
        end: seconds; `None` for the recording's end.
        channel: of the recording, 1 being the first.
    """

    key: str
    wav: PurePosixPath
    label: str
    start: float
    end: float | None
    channel: int


def parse(where: str, fields: Mapping[str, Any]) -> Row:
    """Checks the fields of an utterance and returns what is used of them.

    Args:
        where: file and line, for the error.
        fields: as decoded; `wav` and `emo` may be called `audio` and `label`,
            as in EmoBox's first version.

    Raises:
        ValueError: a field is missing or has a value that it must not have.
    """
    for name, known in (("type", "raw"), ("task", "category")):
        if fields.get(name, known) != known:
            raise ValueError(
                f"{where}: `{name}` must be {known!r}, as in all of EmoBox's "
                f"corpora. Received: {fields[name]!r:.60}"
            )
    wav = "wav" if "wav" in fields else "audio"
    label = "emo" if "emo" in fields else "label"
    start = _number(where, fields, "start_time", MAX_SECONDS)
    end = _number(where, fields, "end_time", MAX_SECONDS)
    if end is not None and not (start or 0.0) < end:
        raise ValueError(
            f"{where}: `end_time` must be after `start_time`. Received: "
            f"start_time={start or 0:g}, end_time={end:g}"
        )
    _number(where, fields, "length", MAX_SECONDS)
    _number(where, fields, "sample_rate", files.MAX_RATE)
    return Row(
        key=_string(where, fields, "key"),
        wav=_path(where, wav, _string(where, fields, wav)),
        label=_string(where, fields, label),
        start=start or 0.0,
        end=end,
        channel=_channel(where, fields.get("channel", 1)),
    )


def _string(where: str, fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    is_text = isinstance(value, str) and value.strip() and value.isprintable()
    if not is_text:
        received = f"{value!r:.60}" if name in fields else "none"
        raise ValueError(
            f"{where}: `{name}` must be text. Received: {received}. Copy the "
            "file again."
        )
    return str(value)


def _path(where: str, name: str, text: str) -> PurePosixPath:
    """Returns a path that stays inside the folder that it is joined to."""
    path = PurePosixPath(text)
    if (
        path.is_absolute()
        or ".." in path.parts
        or any(len(part) > MAX_NAME for part in path.parts)
    ):
        raise ValueError(
            f"{where}: `{name}` must be the path of a recording inside a "
            f"folder, as in downloads/emodb/wav/03a01Wa.wav. Received: "
            f"{text!r:.80}"
        )
    return path


def _number(
    where: str, fields: Mapping[str, Any], name: str, most: float
) -> float | None:
    """Returns a number from 0 to `most`, or `None` where there is none."""
    value = fields.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= most:
        raise ValueError(
            f"{where}: `{name}` must be a number from 0 to {most:g}. Received: "
            f"{value!r:.60}. Copy the file again."
        )
    return float(value)


def _channel(where: str, value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_CHANNEL:
        raise ValueError(
            f"{where}: `channel` must be a whole number from 1 to "
            f"{MAX_CHANNEL}. Received: {value!r:.60}. Copy the file again."
        )
    return value
