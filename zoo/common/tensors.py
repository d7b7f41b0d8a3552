"""The type of tensors in annotations."""

from __future__ import annotations

from typing import Any

Tensor = Any
"""A tensor of the backend, or a symbolic one: Keras has no type for both."""
