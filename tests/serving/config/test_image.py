"""The release of TF Serving for a version of TensorFlow."""

from __future__ import annotations

import pytest

from serving.config import image


@pytest.mark.parametrize(
    "exporter, expected",
    [
        ("2.16.2", "2.16.1"),
        ("2.17.0", "2.17.1"),
        ("2.17.1", "2.17.1"),
        ("2.18.1", "2.18.0"),
        ("2.19.0", "2.19.1"),
        ("2.21.0", "2.21.0"),
        ("2.22.0rc1", "2.22.0"),
        ("3.0.1", "3.0.0"),
    ],
)
def test_the_server_is_no_older_than_the_exporter(exporter, expected):
    assert image.release(exporter) == expected
