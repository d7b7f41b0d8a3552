"""Exports to SavedModel and ONNX."""
