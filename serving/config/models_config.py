"""Writes what TF Serving reads: models, batching, monitoring, and how to run.

Alone it prints models.config. With `--out` it writes every file into a folder:
models.config, batching.txt, monitoring.txt, docker-compose.yml and
kubernetes.yml, and prints the command that runs them in Docker.

A running TF Serving moves a label only to a version that it has loaded. So
push with --canary, write the files, promote, write them again; before a
roll-back, write them once with `--load` and the number to go back to.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Sequence

from serving import versions
from serving.config import deployment
from zoo.common import cli

MODELS = "models.config"
BATCHING = "batching.txt"
MONITORING = "monitoring.txt"
COMPOSE = "docker-compose.yml"
KUBERNETES = "kubernetes.yml"

BATCH_SIZES = (1, 2, 4, 8, 16, 32)
BATCH_MICROSECONDS = 2000
QUEUED_BATCHES = 100
BATCH_THREADS = 4


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    root = pathlib.Path(arguments.models)
    known = versions.models(root)
    names = arguments.model or known
    for name in names:
        if name not in known:
            raise cli.UsageError(
                f"{root} holds no model {name!r}. It holds: "
                f"{', '.join(known) or 'none'}."
            )
    if not names:
        raise FileNotFoundError(
            f"{root} holds no model. Push one: python -m serving.push build/ "
            f"{root}"
        )
    place = deployment.Place(
        root.resolve(), arguments.image, arguments.gpus, arguments.claim
    )
    models = models_config(root, names, arguments.base, arguments.load)
    if arguments.out is None:
        print(models, end="")
        return
    out = pathlib.Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in {
        MODELS: models,
        BATCHING: batching(),
        MONITORING: monitoring(),
        COMPOSE: deployment.compose(place, out.resolve()),
    }.items():
        (out / name).write_text(text, "utf-8")
    kubernetes = deployment.kubernetes(place, names, out)
    (out / KUBERNETES).write_text(kubernetes, "utf-8")
    print(deployment.docker(place, out.resolve()))


def models_config(
    root: pathlib.Path,
    names: Sequence[str],
    base: str = "/models",
    load: Sequence[int] = (),
) -> str:
    """TF Serving's `ModelServerConfig`, as text.

    A model with labels is pinned to the versions that they name, so that a
    roll-back holds; others serve their newest version.

    Args:
        root: folder of models, here.
        names: of models in it.
        base: where that folder is for the server.
        load: versions to load besides those with a label, where they exist.
    """
    lines = ["model_config_list {"]
    for name in names:
        meanings = versions.labels(root / name)
        lines += [
            "  config {",
            f"    name: {_quoted(name)}",
            f"    base_path: {_quoted(f'{base}/{name}')}",
            '    model_platform: "tensorflow"',
            *_policy(root / name, meanings, load),
            "  }",
        ]
    return "\n".join([*lines, "}", ""])


def _policy(
    base: pathlib.Path, meanings: dict[str, int], load: Sequence[int]
) -> list[str]:
    held = versions.numbers(base)
    for label, number in meanings.items():
        if number not in held:
            raise ValueError(
                f"{base / versions.LABELS}: {label!r} names version {number}, "
                "which is not there. TF Serving would refuse that; roll back "
                "or push again."
            )
    if not meanings:
        return []
    wanted = {*meanings.values(), *({*load} & {*held})}
    pinned = " ".join(f"versions: {number}" for number in sorted(wanted))
    return [
        f"    model_version_policy {{ specific {{ {pinned} }} }}",
        *(
            f"    version_labels {{ key: {_quoted(label)} value: {number} }}"
            for label, number in sorted(meanings.items())
        ),
    ]


def _quoted(text: str) -> str:
    """A string of a text proto."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


def batching(sizes: Sequence[int] = BATCH_SIZES) -> str:
    """TF Serving's `BatchingParameters`, as text.

    Rows of different lengths are padded; the exported models take `lengths`,
    so that what they are padded with changes nothing.
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
    """TF Serving's `MonitoringConfig`, as text."""
    return (
        f"prometheus_config {{\n  enable: true\n  path: {_quoted(path)}\n}}\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.config", description=__doc__
    )
    add = parser.add_argument
    add("models", help="folder of served models")
    add("--model", action="append", default=[], help="one (default: all)")
    add("--base", default="/models", help="the folder, for the server")
    add("--load", type=int, action="append", default=[], help="a version too")
    add("--out", help="folder for all files")
    add("--image", default=deployment.IMAGE, help="default: %(default)s")
    add("--gpus", type=int, default=1, help="0 for a CPU (default: 1)")
    add("--claim", default="models", help="Kubernetes volume claim of models")
    return parser


if __name__ == "__main__":
    sys.exit(main())
