"""The infra check: bounds of latency, memory and differences."""

from __future__ import annotations

import re

import pytest

from serving.push import validation


def measurements(**changes):
    latency = {"serving_default": {"median": 5.0, "worst": 9.0}}
    return {
        "difference": 0.0,
        "latency_ms": latency,
        "memory_mb": 500.0,
        "project_packages": [],
        **changes,
    }


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, None),
        ({"difference": float("nan")}, "differ .* by nan"),
        ({"memory_mb": 5000.0}, "takes 5000 MiB, more than 4096"),
        ({"latency_ms": {"s": {"median": 1e4}}}, "s takes 10000.0 ms, more"),
        ({"latency_ms": {}}, "no signature"),
        ({"project_packages": ["zoo"]}, "imported zoo"),
        ({"error": "NotFoundError: x"}, "NotFoundError: x"),
    ],
)
def test_budgets_are_kept(changes, words):
    faults = list(
        validation._infra_faults(measurements(**changes), validation.Budget())
    )
    assert len(faults) == (words is not None)
    assert all(re.search(words, fault) for fault in faults)
