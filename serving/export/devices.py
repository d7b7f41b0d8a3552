"""Devices that an export runs on, and the recurrent kernels that they have.

- "any": a loop of plain operations, which runs everywhere.
- "cpu": `BlockLSTMV2`, one operation for all steps. TensorFlow has a kernel
  for it on CPUs and, a slow one, on GPUs.
- "gpu": `CudnnRNNV3`, which has no CPU kernel: a server without a GPU loads
  such a model and fails every request.

Keras chooses by the machine that writes the export; here the caller chooses.
"""

from __future__ import annotations

from collections.abc import Collection

from zoo.common.arguments import check_choice
from zoo.layers.kernels.choice import has_gpu

DEVICES = ("any", "cpu", "gpu")
_IMPLEMENTATIONS = {"any": "portable", "cpu": "fused", "gpu": "cudnn"}
_CUDNN = "CudnnRNN"


def implementation(device: str) -> str:
    """Returns the LSTM implementation for a device.

    Args:
        device: one of `DEVICES`.

    Returns:
        A name that `zoo.layers.lstm_implementation` takes.

    Raises:
        ValueError: there is no such device.

    Example:
        >>> implementation("cpu")
        'fused'
    """
    check_choice("device", device, DEVICES)
    return _IMPLEMENTATIONS[device]


def needs_gpu(operations: Collection[str]) -> bool:
    """Returns whether a graph of these operations runs on a GPU only.

    Example:
        >>> needs_gpu(["MatMul", "CudnnRNNV3"])
        True
    """
    return any(name.startswith(_CUDNN) for name in operations)


def here() -> str:
    """Returns the device that exports are compared on: "gpu" or "cpu"."""
    return "gpu" if has_gpu() else "cpu"
