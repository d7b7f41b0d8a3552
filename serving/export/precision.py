"""Smaller ONNX files: half-precision weights, or 8-bit ones.

- "float16": weights and arithmetic in half precision, inputs and outputs as
  they were. Operators without such a kernel on a CPU stay in float32.
- "int8": weights of products and recurrent layers in 8 bits, inputs of each
  quantised as they come (dynamic quantisation). Convolutions stay in float32.

How far the answers move is measured on every export and kept beside it.
"""

from __future__ import annotations

import pathlib
import tempfile

PRECISIONS = ("float32", "float16", "int8")
TOLERANCES = {"float32": 1e-4, "float16": 5e-2, "int8": 0.2}
"""Beyond these an export is refused: it is broken, not rounded."""

_NO_HALF = ["LSTM", "GRU", "Range", "CumSum", "TopK", "Resize"]
_QUANTISED = ["MatMul", "Gemm", "LSTM", "GRU"]


def reduce(path: pathlib.Path, precision: str) -> None:
    """Rewrites an ONNX file in another precision.

    Args:
        path: of a float32 file.
        precision: one of `PRECISIONS`.

    Raises:
        ValueError: no such precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"`precision` must be one of {PRECISIONS}. Received: "
            f"precision={precision!r}"
        )
    if precision == "float16":
        _to_half(path)
    elif precision == "int8":
        _to_bytes(path)


def _to_half(path: pathlib.Path) -> None:
    import onnx
    from onnxruntime.transformers import float16

    model = float16.convert_float_to_float16(
        onnx.load(str(path)),
        keep_io_types=True,
        op_block_list=[*float16.DEFAULT_OP_BLOCK_LIST, *_NO_HALF],
    )
    # Where two operators stay in float32, it casts what both use twice.
    made: set[str] = set()
    for node in list(model.graph.node):
        if made & {*node.output}:
            model.graph.node.remove(node)
        made |= {*node.output}
    onnx.save(model, str(path))


def _to_bytes(path: pathlib.Path) -> None:
    from onnxruntime import quantization

    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / path.name
        quantization.quantize_dynamic(
            str(path),
            str(made),
            op_types_to_quantize=_QUANTISED,
            weight_type=quantization.QuantType.QInt8,
        )
        path.write_bytes(made.read_bytes())
