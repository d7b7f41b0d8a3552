"""The commands set TensorFlow's threads before they use TensorFlow."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

MEASURE = """
import tensorflow as tf
from tuning import {command}
from tuning.runs import options

def stop(*arguments):
    get = tf.config.threading.get_intra_op_parallelism_threads
    print("threads", get())
    raise SystemExit

options.run_requests = stop
{command}.main(["recola_context"])
"""


@pytest.mark.parametrize("command", ["train", "search"])
def test_an_operation_has_one_thread(command):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(command=command)],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.stdout.strip() == "threads 1"
