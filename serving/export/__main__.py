"""Exports a model as a SavedModel for TF Serving, or as ONNX.

The export is loaded again and compared with the model on other batch sizes and
lengths, and each row of a batch with the row alone. It gets its number only
if these answers agree.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Sequence

import zoo
from serving.export import devices, exporter, precision
from zoo import registry, weights
from zoo.common import cli


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command."""
    arguments = _parser().parse_args(argv)
    model = zoo.get(arguments.name, arguments.weights)
    names = weights.names(registry.entry(arguments.name))
    is_packaged = arguments.weights in (weights.DEFAULT, *names)
    card = (
        zoo.card(arguments.name, arguments.weights)
        if is_packaged
        else zoo.describe(model)
    )
    path, difference = exporter.export(
        model,
        card,
        pathlib.Path(arguments.out),
        arguments.format,
        weights.DEFAULT if is_packaged else arguments.weights,
        arguments.device,
        arguments.precision,
    )
    if difference is None:
        print(f"{path} (not compared: it needs a GPU, and there is none here)")
    else:
        print(f"{path} (differs from the model by {difference:.1e} at most)")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.export", description=__doc__
    )
    parser.add_argument("name", help="model name; `python -m zoo` lists them")
    parser.add_argument("--out", required=True, help="folder of exports")
    parser.add_argument(
        "--format",
        choices=exporter.FORMATS,
        default=exporter.FORMATS[0],
        help="default: %(default)s",
    )
    parser.add_argument(
        "--weights",
        default="pretrained",
        help="a run's folder, a weights file or the name of packaged weights "
        "(default: the packaged weights that the model has by default)",
    )
    parser.add_argument(
        "--device",
        choices=devices.DEVICES,
        default=devices.DEVICES[0],
        help="where a SavedModel is to run, which chooses its recurrent "
        "kernels: a portable loop, the fused BlockLSTM, or cuDNN's, which "
        "needs a GPU (default: %(default)s)",
    )
    parser.add_argument(
        "--precision",
        choices=precision.PRECISIONS,
        default=precision.PRECISIONS[0],
        help="precision of an ONNX file's weights (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
