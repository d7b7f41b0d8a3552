"""ONNX files: `file.write` makes one of a model, `file.run` runs it."""

from serving.export.onnx import file

__all__ = ["file"]
