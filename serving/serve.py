"""Serves a folder of models by TF Serving's REST and gRPC, without Docker.

Listens on this machine only, unless `--host` names another address. New
versions that `python -m serving.push` publishes are loaded while the old ones
answer.
"""

from __future__ import annotations

import argparse
import logging
import pathlib
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zoo.common import cli

if TYPE_CHECKING:
    from serving.server.app import Options


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command until SIGTERM or Ctrl-C."""
    arguments = _parser().parse_args(argv)
    try:
        from serving.server.app import Server
    except ModuleNotFoundError as error:
        raise ValueError(
            f"The embedded server needs {error.name!r}: pip install '.[serve]'"
        ) from error
    root = pathlib.Path(arguments.models)
    if not root.is_dir():
        raise FileNotFoundError(
            f"{root} must be a folder of models. There is none. Push one: "
            f"python -m serving.push build/ {root}"
        )
    _set_up_logging()
    options = _options(arguments)
    server = Server(root, options)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with server:
        scheme = "https" if options.certificate else "http"
        print(
            f"REST on {scheme}://{options.host}:{server.rest_port}, gRPC on "
            f"{options.host}:{server.grpc_port}",
            flush=True,
        )
        ended.wait()


def _set_up_logging() -> None:
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("serving").setLevel(logging.INFO)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # It would log a traceback for each malformed message.
    logging.getLogger("grpc._common").setLevel(logging.CRITICAL)


def _options(arguments: argparse.Namespace) -> Options:
    from serving.server.app import Options

    return Options(
        host=arguments.host,
        rest=arguments.rest_port,
        grpc=arguments.grpc_port,
        batching=not arguments.no_batching,
        rows=arguments.rows,
        queue=arguments.queue,
        largest=arguments.megabytes * 2**20,
        seconds=arguments.seconds,
        poll=arguments.poll,
        token=_token(arguments.token_file),
        certificate=arguments.certificate,
        key=arguments.key,
    )


def _token(path: pathlib.Path | None) -> str | None:
    """Reads the bearer token of a file."""
    if path is None:
        return None
    token = path.read_text("utf-8").strip()
    if not token or not token.isascii() or len(token.split()) > 1:
        raise ValueError(
            f"{path} must hold one token of ASCII characters without spaces."
        )
    return token


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.serve", description=__doc__
    )
    add = parser.add_argument
    add("models", help="folder of models")
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default: %(default)s)",
    )
    add("--rest-port", type=int, default=8501, help="default: %(default)s")
    add("--grpc-port", type=int, default=8500, help="default: %(default)s")
    add("--no-batching", action="store_true", help="run each request alone")
    add(
        "--rows",
        type=int,
        default=32,
        help="rows of the largest batch (%(default)s)",
    )
    add(
        "--queue",
        type=int,
        default=256,
        help="requests that may wait (%(default)s)",
    )
    add(
        "--megabytes",
        type=int,
        default=64,
        help="size of the largest request (%(default)s)",
    )
    add(
        "--seconds",
        type=float,
        default=30.0,
        help="request time-out (%(default)s)",
    )
    add(
        "--poll",
        type=float,
        default=1.0,
        help="seconds between two checks for versions (%(default)s)",
    )
    path = pathlib.Path
    add("--token-file", type=path, help="holds the bearer token of requests")
    add("--certificate", type=path, help="PEM file, for TLS")
    add("--key", type=path, help="PEM file of the certificate's key")
    return parser


if __name__ == "__main__":
    sys.exit(main())
