"""Text of TF Serving's own files: models, batching, monitoring."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence

from serving import versions

BATCH_SIZES = (1, 2, 4, 8, 16, 32)
BATCH_MICROSECONDS = 2000
QUEUED_BATCHES = 100
BATCH_THREADS = 4


def models_config(
    root: pathlib.Path,
    names: Sequence[str],
    base: str = "/models",
    load: Sequence[int] = (),
) -> str:
    """Returns TF Serving's `ModelServerConfig` as text.

    A model with labels is pinned to the versions that they name, so that a
    roll-back lasts; other models serve their newest version.

    Args:
        root: folder of models on this machine.
        names: of models in it.
        base: path of that folder on the server.
        load: versions to load besides those with a label, where they exist.

    Raises:
        ValueError: a label names a version that is not there.
    """
    lines = ["model_config_list {"]
    for name in names:
        lines += [
            "  config {",
            f"    name: {_quoted(name)}",
            f"    base_path: {_quoted(f'{base}/{name}')}",
            '    model_platform: "tensorflow"',
            *_policy(root / name, versions.labels(root / name), load),
            "  }",
        ]
    return "\n".join([*lines, "}", ""])


def _policy(
    base: pathlib.Path, labels: Mapping[str, int], load: Sequence[int]
) -> list[str]:
    known = versions.numbers(base)
    for label, number in labels.items():
        if number not in known:
            raise ValueError(
                f"{base / versions.LABELS}: {label!r} names version {number}, "
                "which is not there. TF Serving would refuse that; roll back "
                "or push again."
            )
    if not labels:
        return []
    wanted = {*labels.values(), *({*load} & {*known})}
    pinned = " ".join(f"versions: {number}" for number in sorted(wanted))
    return [
        f"    model_version_policy {{ specific {{ {pinned} }} }}",
        *(
            f"    version_labels {{ key: {_quoted(label)} value: {number} }}"
            for label, number in sorted(labels.items())
        ),
    ]


def _quoted(text: str) -> str:
    r"""Returns a string as a text proto writes it.

    Example:
        >>> print(_quoted('a "b"'))
        "a \"b\""
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def batching(sizes: Sequence[int] = BATCH_SIZES) -> str:
    """Returns TF Serving's `BatchingParameters` as text.

    Rows of different lengths are padded; the exported models take `lengths`,
    so that the values of the padding change nothing.

    Args:
        sizes: rows that a batch may have, ascending.
    """
    return "\n".join(
        [
            f"max_batch_size {{ value: {sizes[-1]} }}",
            f"batch_timeout_micros {{ value: {BATCH_MICROSECONDS} }}",
            f"max_enqueued_batches {{ value: {QUEUED_BATCHES} }}",
            f"num_batch_threads {{ value: {BATCH_THREADS} }}",
            *(f"allowed_batch_sizes: {size}" for size in sizes),
            "pad_variable_length_inputs: true",
            "",
        ]
    )


def monitoring(path: str = "/monitoring/prometheus/metrics") -> str:
    """Returns TF Serving's `MonitoringConfig` as text.

    Example:
        >>> print(monitoring("/metrics"), end="")
        prometheus_config {
          enable: true
          path: "/metrics"
        }
    """
    return (
        f"prometheus_config {{\n  enable: true\n  path: {_quoted(path)}\n}}\n"
    )
