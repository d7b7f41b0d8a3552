"""Counts requests and batches for Prometheus, under TF Serving's names."""

from __future__ import annotations

import collections
import threading
from collections.abc import Iterable, Sequence

import prometheus_client
from prometheus_client import core

MICROSECONDS = 1_000_000
LATENCIES = [round(10 * 1.8**step, 1) for step in range(24)]  # 10 us to 7.5 s
ROWS = [1, 2, 4, 8, 16, 32, 64, 128]


class _Requests:
    """Counts of requests; the library's counters would be named `…_total`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: collections.Counter[tuple[str, str]] = (
            collections.Counter()
        )

    def add(self, model: str, status: str) -> None:
        """Counts one request."""
        with self._lock:
            self._counts[model, status] += 1

    def collect(self) -> Iterable[core.Metric]:
        """Yields the counts as one metric."""
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
    """The metrics of one server."""

    def __init__(self) -> None:
        self.registry = prometheus_client.CollectorRegistry()
        self._requests = _Requests()
        self.registry.register(self._requests)
        self._latency = self._histogram(
            "request_latency",
            "Microseconds from a request's arrival to its answer.",
            ["model_name", "API", "entrypoint"],
            LATENCIES,
        )
        self._queuing = self._histogram(
            "batching_session:queuing_latency",
            "Microseconds that the first request of a batch waited.",
            ["model_name"],
            LATENCIES,
        )
        self._rows = self._histogram(
            "batching_session:processed_batch_size",
            "Rows computed together.",
            ["model_name"],
            ROWS,
        )

    def _histogram(
        self,
        name: str,
        text: str,
        labels: Sequence[str],
        buckets: Sequence[float],
    ) -> prometheus_client.Histogram:
        return prometheus_client.Histogram(
            f":tensorflow:serving:{name}",
            text,
            labels,
            buckets=buckets,
            registry=self.registry,
        )

    def request(
        self, model: str, api: str, entrypoint: str, status: str, seconds: float
    ) -> None:
        """Counts one request, and its latency if it was answered."""
        self._requests.add(model, status)
        if status == "OK":
            labels = self._latency.labels(model, api, entrypoint)
            labels.observe(seconds * MICROSECONDS)

    def batch(self, model: str, rows: int, waited: float) -> None:
        """Counts one batch."""
        self._queuing.labels(model).observe(waited * MICROSECONDS)
        self._rows.labels(model).observe(rows)

    def page(self) -> bytes:
        """Returns the page that Prometheus reads."""
        return prometheus_client.generate_latest(self.registry)
