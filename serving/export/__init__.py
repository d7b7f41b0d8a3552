"""Exports of models: SavedModel for TF Serving, or ONNX.

Other packages use `export`, which writes and verifies an export under the next
number. The server and `serving.push` also read `metadata` and `warmup`, which
define the files in `assets.extra`.

    exporter ──▶ savedmodel, onnx ──▶ devices, precision
        ├──────▶ verification
        └──────▶ metadata, warmup
"""

from serving.export.exporter import export

__all__ = ["export"]
