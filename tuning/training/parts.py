"""Training steps in parts of a batch, whose gradients add up to the batch's.

Memory grows with the steps of a batch, padding included. A batch of the
paper's size that is longer than memory allows is taken in parts of as many
rows as fit; their gradients, weighted by their shares of the rows, make the
one step of the optimizer that the whole batch would make.

The sum is that of the whole batch wherever rows do not depend on each other.
Batch normalisation and dropout do: a part is normalised by its own statistics,
and other values are dropped.
"""

from __future__ import annotations

from typing import Any

import keras


class InParts(keras.Model):
    """A functional model that trains on parts of a batch.

    Losses must be means over rows, as those of one class a row are.

    Attributes:
        input_name: of the input that is padded, (batch, steps, …).
        most_steps: of a part, rows times the steps of the padded row; a single
            row may have more.
    """

    input_name: str
    most_steps: int

    def train_step(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        inputs = data[0][self.input_name]
        rows, steps = tf.shape(inputs)[0], tf.shape(inputs)[1]
        size = tf.maximum(1, self.most_steps // tf.maximum(steps, 1))

        def add(start: Any, *sums: Any) -> tuple[Any, ...]:
            end = tf.minimum(start + size, rows)
            part = keras.tree.map_structure(lambda rows: rows[start:end], data)
            share = tf.cast((end - start) / rows, tf.float32)
            gradients = self._part_gradients(part, share)
            return (end, *(total + own for total, own in zip(sums, gradients)))

        zeros = [tf.zeros_like(own.value) for own in self.trainable_weights]
        _, *gradients = tf.while_loop(
            lambda start, *sums: start < rows,
            add,
            (tf.constant(0), *zeros),
            parallel_iterations=1,
        )
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
        return self.get_metrics_result()

    def _part_gradients(self, part: Any, share: Any) -> list[Any]:
        """Returns a part's share of the gradients; updates the metrics."""
        import tensorflow as tf

        inputs, y_true, weights = keras.utils.unpack_x_y_sample_weight(part)
        with tf.GradientTape() as tape:
            y_pred = self(inputs, training=True)
            loss = self.compute_loss(
                inputs, y_true, y_pred, weights, training=True
            )
            scaled = self.optimizer.scale_loss(loss * share)
        count = tf.shape(inputs[self.input_name])[0]
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=count)
        self.compute_metrics(inputs, y_true, y_pred, weights)
        gradients = tape.gradient(scaled, self.trainable_weights)
        return [tf.convert_to_tensor(gradient) for gradient in gradients]


def in_parts(
    model: keras.Model, input_name: str, most_steps: int
) -> keras.Model:
    """Returns a model of the same layers that trains on parts of a batch.

    Args:
        model: a functional one, with inputs and outputs by name.
        input_name, most_steps: as of `InParts`.
    """
    divided = InParts(model.input, model.output, name=model.name)
    divided.input_name = input_name
    divided.most_steps = most_steps
    return divided
