"""Where an export is to run, and which recurrent kernels that means.

- "any": a loop of plain operations, which runs everywhere.
- "cpu": `BlockLSTMV2`, one operation for all frames; TensorFlow has a kernel
  for it on CPUs and on GPUs, the latter slow.
- "gpu": `CudnnRNNV3`, for which no CPU has a kernel: a server without a GPU
  loads such a model and fails every request.

Keras would choose by the machine that the export is written on; here the
caller chooses, whatever that machine is.
"""

from __future__ import annotations

from collections.abc import Collection

DEVICES = ("any", "cpu", "gpu")
_IMPLEMENTATIONS = {"any": "portable", "cpu": "fused", "gpu": "cudnn"}
_CUDNN = "CudnnRNN"


def implementation(device: str) -> str:
    """The name that `zoo.layers.lstm_implementation` takes.

    Raises:
        ValueError: no such device.
    """
    if device not in DEVICES:
        raise ValueError(
            f"`device` must be one of {DEVICES}. Received: device={device!r}"
        )
    return _IMPLEMENTATIONS[device]


def needs_gpu(operations: Collection[str]) -> bool:
    """Whether a graph of these operations runs on a GPU alone."""
    return any(name.startswith(_CUDNN) for name in operations)


def has_gpu() -> bool:
    """Whether TensorFlow sees a GPU here."""
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def here() -> str:
    """The device that this process would test an export on."""
    return "gpu" if has_gpu() else "cpu"
