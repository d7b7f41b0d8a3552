"""Answers HTTP requests with TF Serving's REST interface."""

from __future__ import annotations

import hmac
import logging
import re
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

import fastapi
from google.protobuf import json_format
from starlette.concurrency import run_in_threadpool

from serving.server import json_in, json_out, prediction
from serving.server.errors import ServingError, invalid
from serving.server.metrics import Metrics
from serving.server.models import Models
from serving.server.prediction import Spec
from serving.server.protocol import metadata, status
from serving.signatures import DEFAULT

LOGGER = logging.getLogger(__name__)
METRICS = "/monitoring/prometheus/metrics"
_MODEL = r"/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?"
_POST = re.compile(_MODEL + r":(classify|regress|predict)", re.IGNORECASE)
_GET = re.compile(_MODEL + r"(?:/(metadata))?", re.IGNORECASE)
_LARGEST_VERSION = 2**63


class Rest:
    """The REST interface, as the ASGI application `app`.

    Args:
        models: the served models.
        metrics: counts the requests.
        largest: bytes of a request's body at most.
        seconds: that an answer may take.
        token: bearer token that requests must show, if any.
    """

    def __init__(
        self,
        models: Models,
        metrics: Metrics,
        largest: int,
        seconds: float,
        token: str | None = None,
    ):
        self._models, self._metrics = models, metrics
        self._largest, self._seconds = largest, seconds
        self._token = token
        self.app = fastapi.FastAPI(
            openapi_url=None, docs_url=None, redoc_url=None
        )
        methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
        self.app.add_api_route(
            "/{path:path}", self._answer, methods=methods, response_model=None
        )

    async def _answer(self, request: fastapi.Request) -> fastapi.Response:
        started = time.monotonic()
        path = request.scope["raw_path"].decode("ascii", "replace")
        match = _POST.fullmatch(path)
        name = urllib.parse.unquote(match[1]) if match else ""
        kind = match[4].lower() if match else ""
        code = "OK"
        try:
            self._check_token(request)
            if path == METRICS and request.method == "GET":
                page = await run_in_threadpool(self._metrics.page)
                return fastapi.Response(page, media_type="text/plain")
            if not path.lower().startswith("/v1/"):
                raise ServingError("NOT_FOUND", f"Not found: {path}")
            body = await self._body(request)
            text = await run_in_threadpool(
                self._dispatch, request.method, path, body, started
            )
            return _json(200, text)
        except ServingError as error:
            code = error.code
            return _json(error.http, json_out.error(error.message))
        except Exception:  # one request must not end the server
            LOGGER.exception("%s %s failed", request.method, path)
            code = "INTERNAL"
            return _json(500, json_out.error("The server failed."))
        finally:
            if kind:
                known = name if self._models.knows(name) else ""
                taken = time.monotonic() - started
                title = kind.capitalize()
                self._metrics.request(known, title, "REST", code, taken)

    def _check_token(self, request: fastapi.Request) -> None:
        header = request.headers.get("authorization", "")
        if self._token and not hmac.compare_digest(
            header.encode(), f"Bearer {self._token}".encode()
        ):
            raise ServingError(
                "UNAUTHENTICATED", "A bearer token is needed, and this is none."
            )

    async def _body(self, request: fastapi.Request) -> bytes:
        """Reads the body, but no more than is allowed."""
        announced = request.headers.get("content-length", "0")
        parts, size = [], 0
        if announced.isdecimal() and int(announced) <= self._largest:
            async for part in request.stream():
                parts.append(part)
                size += len(part)
                if size > self._largest:
                    break
            else:
                return b"".join(parts)
        raise ServingError(
            "RESOURCE_EXHAUSTED",
            f"Request body is larger than {self._largest} bytes.",
            http=413,
        )

    def _dispatch(
        self, method: str, path: str, body: bytes, started: float
    ) -> str:
        pattern: re.Pattern | None = {"POST": _POST, "GET": _GET}.get(method)
        match = pattern.fullmatch(path) if pattern else None
        if match is None:
            if method == "GET" and re.fullmatch("(?i)/v1/models/?", path):
                raise invalid("Missing model name in request.")
            raise invalid(f"Malformed request: {method} {path}")
        spec = _spec(match[1], match[2], match[3])
        action = (match[4] or "status").lower()
        left = self._seconds - (time.monotonic() - started)
        answers: dict[str, Callable[[], str]] = {
            "predict": lambda: self._predict(spec, body, left),
            "status": lambda: _proto(status(self._models, spec)),
            "metadata": lambda: _metadata(self._models, spec),
        }
        if action not in answers:
            raise invalid(
                f"Expected {action} signature method_name to be "
                f"tensorflow/serving/{action}. Was: tensorflow/serving/predict"
            )
        return answers[action]()

    def _predict(self, spec: Spec, body: bytes, seconds: float) -> str:
        document = json_in.parse(body)
        name = json_in.signature_name(document) or DEFAULT
        with self._models.using(spec.name, spec.number, spec.label) as version:
            signature = prediction.signature(version, name, "INVALID_ARGUMENT")
            form, inputs = json_in.arrays(document, signature.inputs)
            del document  # it may be large
            exact = Spec(spec.name, version.number, None, name)
            answer = prediction.predict(
                self._models, exact, inputs, (), max(0.0, seconds)
            )
        if form == json_in.ROWS:
            return json_out.rows(answer.outputs)
        return json_out.columns(answer.outputs)


def _spec(name: str, number: str | None, label: str | None) -> Spec:
    if number is not None and int(number) >= _LARGEST_VERSION:
        raise invalid(f"Failed to convert version: {number} to numeric.")
    return Spec(
        urllib.parse.unquote(name),
        None if number is None else int(number),
        None if label is None else urllib.parse.unquote(label),
    )


def _json(code: int, text: str) -> fastapi.Response:
    return fastapi.Response(text, code, media_type="application/json")


def _proto(message: Any) -> str:
    """Prints a message as C++ does, with the fields that have no value."""
    arguments = json_format.MessageToJson.__code__.co_varnames
    newer = "always_print_fields_with_no_presence"
    older = "including_default_value_fields"
    all_fields = newer if newer in arguments else older
    text = json_format.MessageToJson(
        message,
        preserving_proto_field_name=True,
        indent=1,
        **{all_fields: True},
    )
    return text + "\n"


def _metadata(models: Models, spec: Spec) -> str:
    model, signatures = metadata(models, spec)
    return (
        f'{{\n"model_spec":{_proto(model)},\n'
        f'"metadata": {{"signature_def": {_proto(signatures)}}}\n}}\n'
    )
