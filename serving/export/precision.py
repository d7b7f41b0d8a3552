"""Smaller ONNX files: half-precision or 8-bit weights.

- "float16": weights and arithmetic in half precision; inputs and outputs stay
  in float32, and so do operators without a half-precision CPU kernel.
- "int8": dynamic quantisation. Weights of matrix products and recurrent layers
  in 8 bits, their inputs quantised at run time; convolutions stay in float32.

The difference from the model is measured for every export and written to
`tested.json`.
"""

from __future__ import annotations

import pathlib

from zoo.common import files
from zoo.common.arguments import check_choice

PRECISIONS = ("float32", "float16", "int8")
TOLERANCES = {"float32": 1e-4, "float16": 5e-2, "int8": 0.2}
"""Largest difference by which an export passes for rounded, not broken."""

_NOT_IN_FLOAT16 = ["LSTM", "GRU", "Range", "CumSum", "TopK", "Resize"]
_QUANTISED = ["MatMul", "Gemm", "LSTM", "GRU"]


def reduce(path: pathlib.Path, precision: str) -> None:
    """Rewrites a float32 ONNX file in another precision.

    Args:
        path: the file.
        precision: one of `PRECISIONS`.

    Raises:
        ValueError: there is no such precision.
    """
    check_choice("precision", precision, PRECISIONS)
    if precision == "float16":
        _to_float16(path)
    elif precision == "int8":
        _to_int8(path)


def _to_float16(path: pathlib.Path) -> None:
    import onnx
    from onnxruntime.transformers import float16

    model = float16.convert_float_to_float16(
        onnx.load(str(path)),
        keep_io_types=True,
        op_block_list=[*float16.DEFAULT_OP_BLOCK_LIST, *_NOT_IN_FLOAT16],
    )
    # A value that two float32 operators use is cast twice under one name.
    outputs: set[str] = set()
    for node in list(model.graph.node):
        if outputs & {*node.output}:
            model.graph.node.remove(node)
        outputs |= {*node.output}
    onnx.save(model, str(path))


def _to_int8(path: pathlib.Path) -> None:
    from onnxruntime import quantization

    with files.replacing(path) as part:
        quantization.quantize_dynamic(
            str(path),
            str(part),
            op_types_to_quantize=_QUANTISED,
            weight_type=quantization.QuantType.QInt8,
        )
