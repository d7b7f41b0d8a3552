"""Publishes exports that pass validation.

Other packages use `push`, which validates one export, blesses it and publishes
it as the next version of a served model, with `Thresholds` for its figures and
a `Budget` for its latency and memory.
"""

from serving.push.pusher import Pushed, push
from serving.push.validation import Budget, Thresholds

__all__ = ["Budget", "Pushed", "Thresholds", "push"]
