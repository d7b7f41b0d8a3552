"""TF Serving's messages about models, which both protocols send."""

from __future__ import annotations

from typing import Any

from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
)

from serving.server.errors import NUMBERS
from serving.server.models import Models
from serving.server.prediction import Spec


def status(models: Models, spec: Spec) -> Any:
    """Returns the state of a model's versions, a `GetModelStatusResponse`."""
    response = get_model_status_pb2.GetModelStatusResponse()
    states = get_model_status_pb2.ModelVersionStatus.State
    for version in models.states(spec.name, spec.number, spec.label):
        message = response.model_version_status.add(version=version.number)
        message.state = states.Value(version.state)
        message.status.error_code = NUMBERS[version.code]
        message.status.error_message = version.message
    return response


def metadata(models: Models, spec: Spec) -> tuple[Any, Any]:
    """Returns a loaded version's `ModelSpec` and `SignatureDefMap`."""
    signatures = get_model_metadata_pb2.SignatureDefMap()
    with models.using(spec.name, spec.number, spec.label) as version:
        definitions = version.loaded.definitions
        for name, definition in definitions.items():
            signatures.signature_def[name].CopyFrom(definition)
        model = model_pb2.ModelSpec(name=spec.name)
        model.version.value = version.number
    return model, signatures
