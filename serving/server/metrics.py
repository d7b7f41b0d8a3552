"""What a server counts, under TF Serving's own names, for Prometheus."""

from __future__ import annotations

import collections
import threading
from collections.abc import Iterable

import prometheus_client
from prometheus_client import core

MICROSECONDS = 1_000_000
LATENCIES = [round(10 * 1.8**step, 1) for step in range(24)]  # 10 us to 7.5 s
ROWS = [1, 2, 4, 8, 16, 32, 64, 128]


class _Requests:
    """Counts of requests; the library would add `_total` to their name."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counts = collections.Counter()

    def add(self, model: str, status: str) -> None:
        with self._lock:
            self._counts[model, status] += 1

    def collect(self) -> Iterable[core.Metric]:
        metric = core.Metric(
            ":tensorflow:serving:request_count", "Requests.", "untyped"
        )
        with self._lock:
            counts = dict(self._counts)
        for (model, status), count in counts.items():
            labels = {"model_name": model, "status": status}
            metric.add_sample(metric.name, labels, count)
        yield metric


class Metrics:
    """The figures of one server."""

    def __init__(self):
        self.registry = prometheus_client.CollectorRegistry()
        self._requests = _Requests()
        self.registry.register(self._requests)
        self._latency = prometheus_client.Histogram(
            ":tensorflow:serving:request_latency",
            "Microseconds from a request's arrival to its answer.",
            ["model_name", "API", "entrypoint"],
            buckets=LATENCIES,
            registry=self.registry,
        )
        self._queuing = prometheus_client.Histogram(
            ":tensorflow:serving:batching_session:queuing_latency",
            "Microseconds that the first request of a batch waited.",
            ["model_name"],
            buckets=LATENCIES,
            registry=self.registry,
        )
        self._rows = prometheus_client.Histogram(
            ":tensorflow:serving:batching_session:processed_batch_size",
            "Rows computed together.",
            ["model_name"],
            buckets=ROWS,
            registry=self.registry,
        )

    def request(
        self, model: str, api: str, entrypoint: str, status: str, seconds: float
    ) -> None:
        """Counts one request; latencies of those that were answered."""
        self._requests.add(model, status)
        if status == "OK":
            labels = self._latency.labels(model, api, entrypoint)
            labels.observe(seconds * MICROSECONDS)

    def batch(self, model: str, rows: int, waited: float) -> None:
        """Counts one batch."""
        self._queuing.labels(model).observe(waited * MICROSECONDS)
        self._rows.labels(model).observe(rows)

    def page(self) -> bytes:
        """What Prometheus reads."""
        return prometheus_client.generate_latest(self.registry)
