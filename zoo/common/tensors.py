"""Types of tensors and their shapes in annotations."""

from __future__ import annotations

from typing import Any

Tensor = Any
"""A tensor of the backend, or a symbolic one: Keras has no type for both."""

Shape = tuple[int | None, ...]
"""The sizes of a tensor's axes; `None` where unknown."""
