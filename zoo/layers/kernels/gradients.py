"""Gradients of one's own that live as long as the graph that uses them.

`tf.custom_gradient` registers a closure for every call that is traced, and
TensorFlow's registry keeps it to the end of the process: with it the whole
graph, tens of megabytes a trained network. So does the sum over replicas of
Keras's optimizers. Here the closures belong to their graphs, and the registry
forgets them when the graphs die.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import keras

Function = TypeVar("Function", bound=Callable[..., Any])

_CLOSURES = "_zoo_gradients"
"""Attribute of a graph: its gradients by their names in the registry."""


def custom_gradient(function: Function) -> Function:
    """`tf.custom_gradient` that does not outlive the graph it was traced in.

    Args:
        function: from tensors to (outputs, gradient), as
            `tf.custom_gradient` takes it.

    Returns:
        A function from tensors to outputs, eager or traced.

    Example:
        >>> import tensorflow as tf
        >>> from zoo.layers.kernels.gradients import custom_gradient
        >>> @custom_gradient
        ... def doubled(values):
        ...     return 2 * values, lambda upstream: 2 * upstream
        >>> values = tf.constant(3.0)
        >>> with tf.GradientTape() as tape:
        ...     tape.watch(values)
        ...     outputs = doubled(values)
        >>> float(tape.gradient(outputs, values))
        2.0
    """
    import tensorflow as tf

    decorated = tf.custom_gradient(function)

    @functools.wraps(function)
    def call(*inputs: Any) -> Any:
        outputs = decorated(*inputs)
        if not tf.executing_eagerly():
            release()
        return outputs

    return call  # type: ignore[return-value]


def release() -> None:
    """Ties the gradients that TensorFlow has registered to their graphs.

    The gradients stay what they were. Graphs that nothing else holds, and
    their gradients, are freed by the next garbage collection. Every traced
    call of `custom_gradient` does this too. Without TensorFlow there is
    nothing to do.
    """
    if keras.backend.backend() != "tensorflow":
        return
    from tensorflow.python.framework import ops

    # Not public: a TensorFlow that keeps its gradients elsewhere computes the
    # same and keeps its graphs.
    entries = getattr(ops.gradient_registry, "_registry", {})
    for name, entry in list(entries.items()):
        if not name.startswith("CustomGradient-"):
            continue
        graph = _graph_of(entry["type"])
        if graph is None:
            continue
        if not hasattr(graph, _CLOSURES):
            setattr(graph, _CLOSURES, {})
        getattr(graph, _CLOSURES)[name] = entry["type"]
        entry["type"] = _weak(weakref.ref(graph), name)
        weakref.finalize(graph, entries.pop, name, None).atexit = False


def _graph_of(gradient: Any) -> Any:
    """Returns the graph of a gradient as `tf.custom_gradient` registers it.

    `None` where it is another function.
    """
    import tensorflow as tf

    wrapped = _closure(gradient).get("tape_grad_fn")
    results = tf.nest.flatten(_closure(wrapped).get("result"))
    return getattr(results[0], "graph", None)


def _closure(function: Any) -> dict[str, Any]:
    """Returns the variables that a function has of those around it."""
    cells = getattr(function, "__closure__", None)
    if not cells:
        return {}
    return dict(
        zip(function.__code__.co_freevars, (c.cell_contents for c in cells))
    )


def _weak(graph: weakref.ref, name: str) -> Callable[..., Any]:
    """Returns the gradient of that name without a reference to its graph."""

    def gradient(*arguments: Any) -> Any:
        return getattr(graph(), _CLOSURES)[name](*arguments)

    return gradient
