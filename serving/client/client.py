"""Asks a server, TF Serving or `serving.serve`, what a recording sounds like.

Prints a table of times and values; with `--json`, everything for machines.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import zoo
from serving.client import recording, transport
from serving.client.transport import Call, RequestFailed
from serving.signatures import DEFAULT, LENGTHS, WAVEFORM
from zoo.common import cli
from zoo.registry import Port

PROTOCOLS = ("grpc", "rest")
ADDRESSES = {"grpc": "127.0.0.1:8500", "rest": "http://127.0.0.1:8501"}


class Client:
    """A server's models, by REST or gRPC alike.

    What a request may hold is asked of the server once, and checked here. A
    server that is too busy (503, UNAVAILABLE) is asked again, later and later;
    every other failure is final.

    Args:
        address: "HOST:PORT" for gRPC, "http://HOST:PORT" for REST; this
            machine by default.
        protocol: "grpc" or "rest".
        token: to show, if the server asks for one.
        authority: PEM file of the certificate to trust; turns on TLS.
        seconds: that an answer may take.
        retries: of a request, while the server is too busy.

    Example:
        `Client().hear("speech.wav", "recola_dilated")["arousal"]`
    """

    def __init__(
        self,
        address: str | None = None,
        protocol: str = "grpc",
        token: str | None = None,
        authority: pathlib.Path | None = None,
        seconds: float = 30.0,
        retries: int = 4,
    ):
        if protocol not in PROTOCOLS:
            raise ValueError(
                f"`protocol` must be one of {PROTOCOLS}. Received: "
                f"protocol={protocol!r}"
            )
        kind = transport.Grpc if protocol == "grpc" else transport.Rest
        address = address or ADDRESSES[protocol]
        self._link = kind(address, token, authority, seconds, retries)
        self._known: dict[Call, Mapping[str, Any]] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connection."""
        self._link.close()

    def predict(
        self,
        model: str,
        inputs: Mapping[str, Any],
        signature: str = DEFAULT,
        version: int | None = None,
        label: str | None = None,
    ) -> dict[str, np.ndarray]:
        """Answers one batch.

        Args:
            model: its name.
            inputs: arrays, or what NumPy makes arrays of, by name.
            signature: that is asked.
            version: a number, or
            label: a label such as "stable"; the newest version by default.

        Returns:
            Outputs by name, as long as the inputs: TF Serving leaves the
            padding of a batch in place, which is cut off here.

        Raises:
            ValueError: inputs that are not those of the signature.
            RequestFailed: the server's error.
        """
        if version is not None and label is not None:
            raise ValueError(
                "Name a `version` or a `label`, not both. Received: "
                f"version={version}, label={label!r}"
            )
        call = Call(model, signature, version, label)
        wanted = self._signature(call)
        arrays = {
            name: _array(name, each, wanted["inputs"].get(name))
            for name, each in inputs.items()
        }
        if arrays.keys() != wanted["inputs"].keys():
            raise ValueError(
                f"`inputs` of {model}'s {signature} must be "
                f"{', '.join(sorted(wanted['inputs']))}. Received: "
                f"{', '.join(sorted(arrays)) or 'none'}"
            )
        outputs = self._link.predict(call, arrays, wanted["outputs"])
        if signature != DEFAULT or LENGTHS not in arrays:
            return outputs
        longest = max(x.shape[1] for x in arrays.values() if x.ndim > 1)
        for name, port in wanted["outputs"].items():
            if port.shape[:1] == (None,):
                outputs[name] = outputs[name][:, :longest]
        return outputs

    def _signature(self, call: Call) -> Mapping[str, Any]:
        if call not in self._known:
            self._known[call] = self._link.signature(call)
        return self._known[call]

    def hear(
        self,
        source: str | pathlib.Path | np.ndarray,
        model: str,
        version: int | None = None,
        label: str | None = None,
    ) -> dict[str, Any]:
        """What a model of the zoo says of one recording.

        Args:
            source: an audio file, or samples in [-1, 1) at the model's rate.
            model: its name, in the zoo and on the server.
            version: a number, or
            label: a label.

        Returns:
            "seconds", the middle of each step, and each output by its name:
            an array (steps,); or, of an output with labels, a dictionary from
            them to such arrays. An output without steps has numbers instead.

        Raises:
            ValueError: the model does not take sound, or the file is none.
        """
        card = zoo.card(model)
        takes_samples = any(port.name == "waveform" for port in card.inputs)
        hears = card.frontend is not None or takes_samples
        if not hears or card.sampling_rate is None:
            wanted = ", ".join(port.name for port in card.inputs)
            raise ValueError(
                f"{model} takes {wanted}, not sound. Use `Client.predict`."
            )
        if isinstance(source, np.ndarray):
            waveform = source
        else:
            waveform = recording.read(pathlib.Path(source), card.sampling_rate)
        inputs = {"waveform": waveform[None], LENGTHS: [len(waveform)]}
        signature = DEFAULT if takes_samples else WAVEFORM
        outputs = self.predict(model, inputs, signature, version, label)
        steps = int(outputs.pop(LENGTHS, [0])[0])
        ports = {port.name: port for port in card.outputs}
        order = [name for name in ports if name in outputs]
        order += sorted(outputs.keys() - ports.keys())
        found: dict[str, Any] = {}
        if card.hop is not None:
            found["seconds"] = (np.arange(steps) + 0.5) * card.hop
        for name in order:
            found[name] = _labelled(outputs[name][0], ports.get(name), steps)
        return found


def _array(name: str, value: Any, wanted: Port | None) -> np.ndarray:
    """A value in the type of an input, if it has its shape."""
    if wanted is None:
        return np.asarray(value)  # its name will be refused
    array = np.asarray(value)
    kinds = {"f": "fiu", "i": "iu"}.get(np.dtype(wanted.dtype).kind, "")
    fits = array.ndim == 1 + len(wanted.shape) and all(
        size in (None, found)
        for size, found in zip(wanted.shape, array.shape[1:])
    )
    if not fits or array.dtype.kind not in kinds:
        shape = ", ".join(str(n or "any") for n in ("batch", *wanted.shape))
        raise ValueError(
            f"{name!r} must be {wanted.dtype} of shape ({shape}). Received: "
            f"{array.dtype} of shape {array.shape}"
        )
    return np.ascontiguousarray(array, wanted.dtype)


def _labelled(value: np.ndarray, port: Port | None, steps: int) -> Any:
    if port is None or (port.shape and port.shape[0] is None):
        value = value[:steps]
    if port is None or not port.labels:
        return value
    return {name: value[..., n] for n, name in enumerate(port.labels)}


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
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
        found = client.hear(
            pathlib.Path(arguments.recording),
            arguments.model,
            arguments.version,
            arguments.label,
        )
    if arguments.json:
        print(json.dumps(found, default=lambda each: each.tolist()))
    else:
        _print(found)


def _print(found: Mapping[str, Any]) -> None:
    columns: dict[str, np.ndarray] = {}
    for name, each in found.items():
        if isinstance(each, dict):
            columns |= {f"{name} {key}": value for key, value in each.items()}
        else:
            columns[name] = each
    print(*columns, sep="\t")
    rows = np.broadcast_arrays(*map(np.atleast_1d, columns.values()))
    for row in zip(*rows):
        print(*(f"{value:.4g}" for value in row), sep="\t")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.client", description=__doc__
    )
    add = parser.add_argument
    add("recording", help="WAV, FLAC, OGG or MP3")
    add("--model", required=True, help="`python -m zoo` lists them")
    add("--protocol", choices=PROTOCOLS, default="grpc", help="%(default)s")
    add("--address", help="HOST:PORT, or http://HOST:PORT for REST")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, help="a number")
    which.add_argument("--label", help="such as stable")
    add("--token-file", type=pathlib.Path, help="holds the server's token")
    add("--authority", type=pathlib.Path, help="PEM file to trust, for TLS")
    add("--seconds", type=float, default=30.0, help="to wait (%(default)s)")
    add("--json", action="store_true", help="for machines")
    return parser


__all__ = ["Client", "RequestFailed", "main"]

if __name__ == "__main__":
    sys.exit(main())
