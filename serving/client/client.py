"""Predicts with the models of a server, by REST or gRPC."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

import zoo
from pipelines.audio import reader
from serving.client.rest import Rest
from serving.client.rpc import Grpc
from serving.client.transport import Connection, Endpoint, Ports
from serving.signatures import DECODED, DEFAULT, LENGTHS, WAVEFORM
from zoo.common.arguments import check_choice
from zoo.registry import Card, Port

PROTOCOLS = ("grpc", "rest")
ADDRESSES = {"grpc": "127.0.0.1:8500", "rest": "http://127.0.0.1:8501"}


class Client:
    """A connection to TF Serving or `serving.serve`.

    The client asks the server once for the inputs of a signature and checks
    requests against them. While the server is too busy (503, UNAVAILABLE), a
    request is repeated after growing pauses; every other failure is final.

    Args:
        address: "HOST:PORT" for gRPC, "http://HOST:PORT" for REST; this
            machine by default.
        protocol: "grpc" or "rest".
        token: bearer token, if the server asks for one.
        authority: PEM file of the certificate to trust; turns on TLS.
        seconds: that an answer may take.
        retries: of a request, while the server is too busy.

    Example:
        `Client().predict_recording("speech.wav", "recola_dilated")["arousal"]`
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
        check_choice("protocol", protocol, PROTOCOLS)
        connection = Connection(
            address or ADDRESSES[protocol], token, authority, seconds, retries
        )
        self._transport: Grpc | Rest = (
            Grpc(connection) if protocol == "grpc" else Rest(connection)
        )
        self._signatures: dict[Endpoint, Mapping[str, Ports]] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    def predict(
        self,
        model: str,
        inputs: Mapping[str, Any],
        signature: str = DEFAULT,
        version: int | None = None,
        label: str | None = None,
    ) -> dict[str, np.ndarray]:
        """Predicts for one batch.

        Args:
            model: name of the model.
            inputs: arrays, or what NumPy makes arrays of, by name.
            signature: name of the signature.
            version: number of the version, or
            label: its label, such as "stable"; the newest version by default.

        Returns:
            Outputs by name, as long as the inputs: TF Serving leaves the
            padding of a batch in place, and it is removed here.

        Raises:
            ValueError: the inputs are not those of the signature.
            RequestFailed: the server's error.
        """
        if version is not None and label is not None:
            raise ValueError(
                "Name a `version` or a `label`, not both. Received: "
                f"version={version}, label={label!r}"
            )
        endpoint = Endpoint(model, signature, version, label)
        ports = self._signature(endpoint)
        arrays = {
            name: _array(name, value, ports["inputs"].get(name))
            for name, value in inputs.items()
        }
        if arrays.keys() != ports["inputs"].keys():
            raise ValueError(
                f"`inputs` of {model}'s {signature} must be "
                f"{', '.join(sorted(ports['inputs']))}. Received: "
                f"{', '.join(sorted(arrays)) or 'none'}"
            )
        outputs = self._transport.predict(endpoint, arrays, ports["outputs"])
        if signature != DEFAULT or LENGTHS not in arrays:
            return outputs
        longest = max(x.shape[1] for x in arrays.values() if x.ndim > 1)
        for name, port in ports["outputs"].items():
            if port.shape[:1] == (None,):
                outputs[name] = outputs[name][:, :longest]
        return outputs

    def _signature(self, endpoint: Endpoint) -> Mapping[str, Ports]:
        if endpoint not in self._signatures:
            self._signatures[endpoint] = self._transport.signature(endpoint)
        return self._signatures[endpoint]

    def predict_recording(
        self,
        source: str | pathlib.Path | np.ndarray,
        model: str,
        version: int | None = None,
        label: str | None = None,
        decoded: bool = False,
    ) -> dict[str, Any]:
        """Predicts for one recording.

        Args:
            source: an audio file, which `pipelines.audio` reads as it does for
                training, or samples in [-1, 1) at the model's rate.
            model: name of the model, in the zoo and on the server.
            version: number of the version, or
            label: its label; the newest version by default.
            decoded: whether the traces are smoothed by the model's decoder,
                which `recola_blstm_cls` has.

        Returns:
            "seconds", the middle of each step, and each output by its name:
            an array (steps,) or, for an output with labels, a dictionary from
            labels to such arrays. An output without steps has numbers instead.

        Raises:
            ValueError: the model does not take a waveform, or the file is not
                whole audio.
            FileNotFoundError: there is no such file.
        """
        card = zoo.card(model)
        takes_waveform = any(port.name == "waveform" for port in card.inputs)
        if card.sampling_rate is None or not (takes_waveform or card.frontend):
            inputs = ", ".join(port.name for port in card.inputs)
            raise ValueError(
                f"{model} takes {inputs}, not a waveform. Use `Client.predict`."
            )
        if isinstance(source, np.ndarray):
            waveform = source
        else:
            waveform = reader.read(source, card.sampling_rate)
        signature = DEFAULT if takes_waveform else WAVEFORM
        if decoded:
            signature = DECODED
        batch = {"waveform": waveform[None], LENGTHS: [len(waveform)]}
        outputs = self.predict(model, batch, signature, version, label)
        return _of_one_row(outputs, card)


def _of_one_row(outputs: dict[str, np.ndarray], card: Card) -> dict[str, Any]:
    """Returns the first row of a batch, with times and labels."""
    steps = int(outputs.pop(LENGTHS, [0])[0])
    ports = {port.name: port for port in card.outputs}
    names = [name for name in ports if name in outputs]
    names += sorted(outputs.keys() - ports.keys())
    row: dict[str, Any] = {}
    hop = next((port.hop for port in card.outputs if port.hop), None)
    if hop is not None:
        row["seconds"] = (np.arange(steps) + 0.5) * hop
    for name in names:
        row[name] = _labelled(outputs[name][0], ports.get(name), steps)
    return row


def _labelled(value: np.ndarray, port: Port | None, steps: int) -> Any:
    """Returns an output without padding, by label where those are known.

    A served model may have classes of its own: then the values stay as
    they are.
    """
    if port is None or (port.shape and port.shape[0] is None):
        value = value[:steps]
    if port is None or len(port.labels) != value.shape[-1]:
        return value
    return {label: value[..., n] for n, label in enumerate(port.labels)}


def _array(name: str, value: Any, port: Port | None) -> np.ndarray:
    """Converts a value to the type of an input, if it has its shape.

    Example:
        >>> _array("lengths", [3, 2], Port("lengths", (), "int32", ""))
        array([3, 2], dtype=int32)
    """
    array = np.asarray(value)
    if port is None:
        return array  # `predict` refuses its name
    kinds = {"f": "fiu", "i": "iu"}.get(np.dtype(port.dtype).kind, "")
    fits = array.ndim == 1 + len(port.shape) and all(
        expected in (None, size)
        for expected, size in zip(port.shape, array.shape[1:])
    )
    if not fits or array.dtype.kind not in kinds:
        shape = ", ".join(str(n or "any") for n in ("batch", *port.shape))
        raise ValueError(
            f"{name!r} must be {port.dtype} of shape ({shape}). Received: "
            f"{array.dtype} of shape {array.shape}"
        )
    return np.ascontiguousarray(array, port.dtype)
