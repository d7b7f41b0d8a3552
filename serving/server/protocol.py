"""TF Serving's messages about models, for both protocols."""

from __future__ import annotations

from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
)

from serving.server.errors import NUMBERS
from serving.server.models import Models
from serving.server.prediction import Spec


def status(models: Models, spec: Spec):
    """The state of a model's versions, as `GetModelStatusResponse`."""
    response = get_model_status_pb2.GetModelStatusResponse()
    for version in models.states(spec.name, spec.number, spec.label):
        each = response.model_version_status.add(version=version.number)
        states = get_model_status_pb2.ModelVersionStatus.State
        each.state = states.Value(version.state)
        each.status.error_code = NUMBERS[version.code]
        each.status.error_message = version.message
    return response


def metadata(models: Models, spec: Spec):
    """A loaded version's `ModelSpec` and `SignatureDefMap`."""
    signatures = get_model_metadata_pb2.SignatureDefMap()
    with models.using(spec.name, spec.number, spec.label) as version:
        definitions = version.loaded.definitions
        for name, each in definitions.items():
            signatures.signature_def[name].CopyFrom(each)
        model = model_pb2.ModelSpec(name=spec.name)
        model.version.value = version.number
    return model, signatures
