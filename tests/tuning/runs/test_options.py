"""Requests of runs from the arguments of a command line."""

from __future__ import annotations

from tuning.runs import options


def test_each_task_is_a_separate_run():
    parser = options.parser("train", None)
    options.add_run(parser, "")
    arguments = parser.parse_args(["iemocap_e2e_stl", "--task=all"])
    names = [request.out.name for request in options.run_requests(arguments)]
    assert names == [
        f"iemocap_e2e_stl-{task}-simulated_iemocap"
        for task in ("arousal", "valence", "dominance")
    ]
