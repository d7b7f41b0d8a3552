"""Processors, threads and memory of the process that trains."""

from __future__ import annotations

import contextlib
import os
import pathlib

THREADS = "TF_NUM_INTRAOP_THREADS"
"""Environment variable: TensorFlow's threads within one operation."""
CGROUP = pathlib.Path("/sys/fs/cgroup")


def processors() -> int:
    """Returns the number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def limit_threads() -> int:
    """Gives each operation one thread, unless the environment says otherwise.

    Sums over threads depend on their number in the last bits, so every process
    that trains has to have the same. Networks as small as the papers' do not
    gain from more; networks side by side do.

    Returns:
        The threads that an operation now has; 0 for TensorFlow's default,
        which stays where TensorFlow has been used before.
    """
    import tensorflow as tf

    if THREADS not in os.environ:
        with contextlib.suppress(RuntimeError):
            set_threads(1)
    return int(tf.config.threading.get_intra_op_parallelism_threads())


def set_threads(count: int) -> None:
    """Sets the threads of an operation, as `limit_threads` returns them.

    Raises:
        RuntimeError: TensorFlow has been used before.
    """
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(count)


def gpus() -> int:
    """Returns the number of GPUs."""
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))


def share_gpus() -> None:
    """Takes memory of a GPU as it is needed, so that processes share it."""
    import tensorflow as tf

    for device in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(device, True)


def used_memory() -> int:
    """Returns the bytes of memory that this process has in use."""
    pages = pathlib.Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def free_memory() -> int:
    """Returns the bytes that processes can still take, within the container."""
    for line in pathlib.Path("/proc/meminfo").read_text("ascii").splitlines():
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
    try:
        limit, used = (
            (CGROUP / name).read_text("ascii").strip()
            for name in ("memory.max", "memory.current")
        )
        cache = dict(
            line.split()
            for line in (CGROUP / "memory.stat").read_text().splitlines()
        )["inactive_file"]
    except (OSError, KeyError):
        return free
    if limit == "max":
        return free
    return min(free, int(limit) - int(used) + int(cache))
