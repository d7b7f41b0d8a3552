"""ONNX files with half-precision or 8-bit weights."""

from __future__ import annotations

import exports
import pytest

from serving.export import (
    exporter,
    metadata,
    precision,
)


@pytest.mark.slow
@pytest.mark.parametrize("weight, most", [("float16", 0.01), ("int8", 0.3)])
def test_smaller_onnx_files_say_how_far_they_are_off(
    blstm, tmp_path, short_batches, weight, most
):
    sizes = []
    for name in ("float32", weight):
        folder, difference = exporter.export(
            blstm,
            exports.WITHOUT_FRONTEND,
            tmp_path,
            "onnx",
            "a/run",
            "any",
            name,
        )
        sizes.append((folder / "model.onnx").stat().st_size)
    assert 1e-7 < difference < most
    tested = metadata.read(folder, "tested.json")
    assert tested["precision"] == weight
    assert tested["difference"] == difference
    # Recurrent weights stay in float32 where there is no kernel for halves.
    assert sizes[1] < sizes[0] * (0.5 if weight == "int8" else 1.1)


def test_a_nameis_one_of_an_onnx_file(blstm, tmp_path):
    with pytest.raises(ValueError, match="written in float32; other prec"):
        exporter.export(blstm, exports.CARD, tmp_path, weight="float16")
    with pytest.raises(ValueError, match="`precision` must be one of"):
        precision.reduce(tmp_path / "x", "int4")
