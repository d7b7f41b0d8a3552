"""Writes TF Serving's configuration and files to run it in containers.

Without `--out` it prints models.config. With `--out` it writes models.config,
batching.txt, monitoring.txt, docker-compose.yml and kubernetes.yml into a
folder, and prints the command that runs them in Docker.

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
from serving.config import deployment, image, models_config
from zoo.common import cli, files

MODELS = "models.config"
BATCHING = "batching.txt"
MONITORING = "monitoring.txt"
COMPOSE = "docker-compose.yml"
KUBERNETES = "kubernetes.yml"


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command."""
    arguments = _parser().parse_args(argv)
    root = pathlib.Path(arguments.models)
    names = _names(root, arguments.model)
    models = models_config.models_config(
        root, names, arguments.base, arguments.load
    )
    if arguments.out is None:
        print(models, end="")
        return
    target = deployment.Target(
        root.resolve(),
        arguments.image or image.choose(root, names),
        arguments.gpus,
        arguments.claim,
    )
    out = pathlib.Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in {
        MODELS: models,
        BATCHING: models_config.batching(),
        MONITORING: models_config.monitoring(),
        COMPOSE: deployment.compose(target, out.resolve()),
    }.items():
        files.write_text(out / name, text)
    files.write_text(
        out / KUBERNETES, deployment.kubernetes(target, names, out)
    )
    print(deployment.docker(target, out.resolve()))


def _names(root: pathlib.Path, chosen: Sequence[str]) -> Sequence[str]:
    """Returns the models to configure: those chosen, or all."""
    known = versions.models(root)
    for name in chosen:
        if name not in known:
            raise cli.UsageError(
                f"{root} holds no model {name!r}. It holds: "
                f"{', '.join(known) or 'none'}."
            )
    if not known:
        raise FileNotFoundError(
            f"{root} holds no model. Push one: python -m serving.push build/ "
            f"{root}"
        )
    return chosen or known


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.config", description=__doc__
    )
    add = parser.add_argument
    add("models", help="folder of served models")
    add(
        "--model",
        action="append",
        default=[],
        help="name of a model; may be repeated (default: all)",
    )
    add(
        "--base",
        default="/models",
        help="path of the folder on the server (default: %(default)s)",
    )
    add(
        "--load",
        type=int,
        action="append",
        default=[],
        help="number of a version to load besides those with a label",
    )
    add("--out", help="folder to write all files to")
    add(
        "--image",
        help="image of TF Serving (default: the release that fits the "
        "TensorFlow that exported the models)",
    )
    add(
        "--gpus",
        type=int,
        default=1,
        help="of a server; 0 for a CPU (default: 1)",
    )
    add(
        "--claim",
        default="models",
        help="Kubernetes volume claim that holds the models",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
