"""Runs REST and gRPC on their ports, from start to graceful shutdown."""

from __future__ import annotations

import dataclasses
import pathlib
import socket
import ssl
import threading
from concurrent import futures

import grpc
import uvicorn
from tensorflow_serving.apis import (
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

from serving.server.batching import Batcher
from serving.server.metrics import Metrics
from serving.server.models import Models
from serving.server.rest import Rest
from serving.server.rpc import ModelState, Prediction, TokenCheck
from serving.server.servable import Servable


@dataclasses.dataclass(frozen=True)
class Options:
    """Addresses and limits of a server.

    Attributes:
        host: address to listen on.
        rest: port of REST; 0 for any that is free.
        grpc: port of gRPC; 0 for any that is free.
        batching: compute requests together that arrive together.
        rows: of a batch at most.
        queue: requests that may wait for one version.
        parallel: batches of one version at a time.
        largest: bytes of a request at most.
        seconds: that an answer may take.
        poll: seconds between two looks at the folder of models.
        threads: requests at a time, waiting ones included.
        token: bearer token that requests must show, if any.
        certificate: PEM file for TLS, with `key`.
        key: PEM file of the certificate's key.
    """

    host: str = "127.0.0.1"
    rest: int = 8501
    grpc: int = 8500
    batching: bool = True
    rows: int = 32
    queue: int = 256
    parallel: int = 1
    largest: int = 64 * 2**20
    seconds: float = 30.0
    poll: float = 1.0
    threads: int = 128
    token: str | None = None
    certificate: pathlib.Path | None = None
    key: pathlib.Path | None = None


class Server:
    """A running server.

    Args:
        root: folder of models.
        options: addresses and limits.

    Raises:
        OSError: a port is taken.
        ValueError: the certificate and its key cannot be used.
    """

    def __init__(self, root: pathlib.Path, options: Options = Options()):
        self.options = options
        self.metrics = Metrics()
        self.models = Models(root, self._batcher, options.poll)
        self._socket = _listen(options.host, options.rest)
        try:
            self._check_tls()
            self._grpc, self.grpc_port = self._make_grpc()
        except BaseException:
            self._socket.close()
            raise
        self.rest_port: int = self._socket.getsockname()[1]
        self._rest = uvicorn.Server(self._rest_configuration())
        self._thread = threading.Thread(
            target=self._rest.run, kwargs={"sockets": [self._socket]}
        )

    def _batcher(self, name: str, servable: Servable) -> Batcher | None:
        if not self.options.batching:
            return None
        return Batcher(
            servable.run,
            self.options.rows,
            self.options.queue,
            self.options.parallel,
            lambda rows, waited: self.metrics.batch(name, rows, waited),
        )

    def _check_tls(self) -> None:
        certificate, key = self.options.certificate, self.options.key
        if (certificate is None) != (key is None):
            raise ValueError(
                "TLS needs a certificate and its key. Received: "
                f"certificate={certificate}, key={key}"
            )
        if certificate is not None and key is not None:
            try:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate, key)
            except ssl.SSLError as error:
                raise ValueError(
                    f"{certificate} and {key} must be a certificate and its "
                    f"key in PEM. Received: {error}"
                ) from error

    def _make_grpc(self) -> tuple[grpc.Server, int]:
        options = self.options
        message = options.largest + 2**16  # inputs and their description
        token = options.token
        server = grpc.server(
            futures.ThreadPoolExecutor(options.threads),
            interceptors=[TokenCheck(token)] if token else [],
            options=[
                ("grpc.max_receive_message_length", message),
                ("grpc.max_send_message_length", -1),
                ("grpc.so_reuseport", 0),
            ],
            maximum_concurrent_rpcs=options.threads + options.queue,
        )
        largest, seconds = options.largest, options.seconds
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            Prediction(self.models, self.metrics, largest, seconds), server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            ModelState(self.models, self.metrics, largest, seconds), server
        )
        return server, self._add_port(server)

    def _add_port(self, server: grpc.Server) -> int:
        """Adds the gRPC port, with TLS where there is a certificate."""
        options = self.options
        host = f"[{options.host}]" if ":" in options.host else options.host
        address = f"{host}:{options.grpc}"
        try:
            if options.certificate is None or options.key is None:
                port = server.add_insecure_port(address)
            else:
                key = options.key.read_bytes()
                pairs = [(key, options.certificate.read_bytes())]
                port = server.add_secure_port(
                    address, grpc.ssl_server_credentials(pairs)
                )
        except RuntimeError:
            port = 0
        if not port:
            raise _taken(options.host, options.grpc)
        return port

    def _rest_configuration(self) -> uvicorn.Config:
        options = self.options
        rest = Rest(
            self.models,
            self.metrics,
            options.largest,
            options.seconds,
            options.token,
        )
        return uvicorn.Config(
            rest.app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=int(options.seconds),
            ssl_certfile=options.certificate,
            ssl_keyfile=options.key,
        )

    def start(self) -> None:
        """Loads the models, then accepts requests."""
        self.models.start()
        self._grpc.start()
        self._thread.start()

    def stop(self) -> None:
        """Refuses new requests and answers those that have begun."""
        stopped = self._grpc.stop(self.options.seconds)
        self._rest.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()
        stopped.wait()
        self.models.stop()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens on a port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise _taken(host, port) from error
    return listening


def _taken(host: str, port: int) -> OSError:
    return OSError(
        f"{host}:{port} cannot be listened on; it is taken, or not an address "
        "of this machine. Choose another with --host, --rest-port or "
        "--grpc-port."
    )
