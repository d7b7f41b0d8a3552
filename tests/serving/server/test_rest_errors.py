"""Errors of the REST interface: TF Serving's codes and messages."""

from __future__ import annotations

import json

import pytest
import served
from hypothesis import given, settings
from hypothesis import strategies as st
from served import NAME, ROW


@pytest.mark.parametrize(
    "where, body, code, text",
    [
        ("x:predict", {}, 404, "Servable not found for request: Latest(x)"),
        (
            f"{NAME}/versions/7:predict",
            {"instances": [ROW]},
            404,
            f"Servable not found for request: Specific({NAME}, 7)",
        ),
        (
            f"{NAME}/labels/x:predict",
            {"instances": [ROW]},
            400,
            "Unrecognized servable version label: x",
        ),
        (
            f"{NAME}/versions/99999999999999999999:predict",
            {},
            400,
            "Failed to convert version: 99999999999999999999 to numeric.",
        ),
        (
            f"{NAME}:predict",
            {"instances": [ROW], "signature_name": "x"},
            400,
            'Serving signature name: "x" not found in signature def',
        ),
        (
            f"{NAME}:predict",
            {"instances": [{"features": [[1, 2, 3]]}]},
            400,
            "keys must be equal to: features,lengths",
        ),
        (
            f"{NAME}:predict",
            {"instances": [{**ROW, "x": 1}]},
            400,
            "JSON object: does not have named input: x",
        ),
        (
            f"{NAME}:predict",
            {"instances": [[1, 2, 3]]},
            400,
            "instances is a plain list, but expecting list of objects as "
            "multiple input tensors required as per tensorinfo_map",
        ),
        (f"{NAME}:predict", {"instances": []}, 400, "No values in 'instances'"),
        (f"{NAME}:predict", {}, 400, "Missing 'inputs' or 'instances' key"),
        (
            f"{NAME}:predict",
            {"inputs": {"features": [[[1, 2, 3]]]}},
            400,
            "Missing named input: lengths in 'inputs' object.",
        ),
        (
            f"{NAME}:predict",
            {"instances": [ROW, {**ROW, "features": [[1, 2, 3]]}]},
            400,
            "Failed to process element: 1 key: features of 'instances' list. "
            "Error: INVALID_ARGUMENT: Expecting tensor size: 6 but got: 3",
        ),
        (
            f"{NAME}:predict",
            {"instances": [{**ROW, "lengths": 1.5}]},
            400,
            "JSON Value: 1.5 Type: Number is not of expected type: int32",
        ),
        (
            f"{NAME}:predict",
            {"instances": [{**ROW, "features": [[1, "2", 3]]}]},
            400,
            'JSON Value: "2" Type: String is not of expected type: float',
        ),
        (
            f"{NAME}:predict",
            {"instances": [{**ROW, "features": [[1, 2, 3], [4, 5]]}]},
            400,
            "Encountered list at unexpected size: 2 at level: 1 expected size: "
            "3",
        ),
        (
            f"{NAME}:predict",
            {"instances": [{**ROW, "features": [[1, 2]]}]},
            400,
            "Tensor features must have shape [?,?,3]. Received: [1,1,2]",
        ),
        (f"{NAME}:classify", {"examples": []}, 400, "signature method_name"),
        (f"{NAME}:guess", {}, 400, "Malformed request: POST /v1/models/"),
    ],
)
def test_a_wrong_request_gets_tf_servings_code_and_words(
    rest, where, body, code, text
):
    done = rest.post(f"/v1/models/{where}", json=body)
    assert done.status_code == code, done.text
    assert done.headers["content-type"] == "application/json"
    assert list(done.json()) == ["error"] and text in done.json()["error"]
    assert done.text.startswith('{\n    "error": "')


@pytest.mark.parametrize(
    "body, text",
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"x", "JSON Parse error: Invalid value. at offset: 0"),
        (b'{"a" 1}', "Missing a colon after a name of object member."),
        (b'{"instances": [1', "JSON Parse error: "),
        (b"[1, 2]", "Is not object"),
        (b"\xff\xfe", "Invalid encoding in string. at offset: 0"),
        (b'{"signature_name": 3}', "'signature_name' key must be a string"),
        (b'{"a":' * 100_000, "JSON Parse error: "),
        (b'{"instances": ' + b"[" * 100_000, "JSON Parse error: "),
        (b"9" * 5000, "JSON Parse error: "),
    ],
    ids=range(10),
)
def test_a_body_that_is_no_request_is_refused(rest, body, text):
    done = rest.post(served.PREDICT, content=body)
    assert done.status_code == 400 and text in done.json()["error"]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([ROW, {"b64": "eA=="}, {"b64": 3}]),
    lambda values: (
        st.lists(values, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["instances", "inputs", "features", "lengths", "signature_name"]
            ),
            values,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "instances": json_values | st.just([ROW]),
            "inputs": json_values,
            "signature_name": json_values,
        },
    )
    | json_values,
)
def test_whatever_is_asked_gets_an_answer_or_an_error(rest, body):
    done = rest.post(served.PREDICT, content=json.dumps(body))
    assert done.status_code in (200, 400), done.text
    assert [*done.json()] in (["predictions"], ["outputs"], ["error"])


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_bytes_are_sent_get_an_error(rest, body):
    done = rest.post(served.PREDICT, content=body)
    assert done.status_code == 400 and [*done.json()] == ["error"]
