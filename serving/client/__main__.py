"""Sends a recording to a server and prints what the model predicts.

The server is TF Serving or `serving.serve`. Prints a table of times and
values; with `--json`, the same as JSON.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving.client.client import PROTOCOLS, Client
from zoo.common import cli


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command."""
    arguments = _parser().parse_args(argv)
    token = None
    if arguments.token_file is not None:
        token = arguments.token_file.read_text("utf-8").strip()
    with Client(
        arguments.address,
        arguments.protocol,
        token,
        arguments.authority,
        arguments.seconds,
    ) as client:
        outputs = client.predict_recording(
            arguments.recording,
            arguments.model,
            arguments.version,
            arguments.label,
            arguments.decoded,
        )
    if arguments.json:
        print(json.dumps(outputs, default=lambda array: array.tolist()))
    else:
        _print_table(outputs)


def _print_table(outputs: Mapping[str, Any]) -> None:
    """Prints one column per output or label, one row per step.

    Example:
        >>> valence = {"low": np.array([0.2]), "high": np.array([0.8])}
        >>> _print_table({"seconds": np.array([0.02]), "valence": valence})
        seconds valence low valence high
        0.02    0.2 0.8
    """
    columns: dict[str, np.ndarray] = {}
    for name, output in outputs.items():
        if isinstance(output, dict):
            for label, value in output.items():
                columns[f"{name} {label}"] = value
        else:
            columns[name] = output
    print(*columns, sep="\t")
    rows = np.broadcast_arrays(*map(np.atleast_1d, columns.values()))
    for row in zip(*rows):
        print(*(f"{value:.4g}" for value in row), sep="\t")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.client", description=__doc__
    )
    add = parser.add_argument
    add("recording", help="WAV, FLAC, OGG or MP3 file")
    add("--model", required=True, help="model name; `python -m zoo` lists them")
    add("--protocol", choices=PROTOCOLS, default="grpc", help="(%(default)s)")
    add("--address", help="HOST:PORT, or http://HOST:PORT for REST")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, help="number of a version")
    which.add_argument("--label", help="label of a version, such as stable")
    add(
        "--decoded",
        action="store_true",
        help="smooth the traces by the decoder that recola_blstm_cls keeps",
    )
    add("--token-file", type=pathlib.Path, help="holds the bearer token")
    add(
        "--authority",
        type=pathlib.Path,
        help="PEM file of the certificate to trust, for TLS",
    )
    add(
        "--seconds",
        type=float,
        default=30.0,
        help="that an answer may take (%(default)s)",
    )
    add("--json", action="store_true", help="print JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
