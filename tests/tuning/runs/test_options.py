"""Requests of runs from the arguments of a command line."""

from __future__ import annotations

import pytest

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


def test_another_number_of_validators_is_another_run():
    parser = options.parser("train", None)
    options.add_run(parser, "")
    command = ["iemocap_e2e_stl", "--protocol=leave_one_speaker_out"]
    for more, suffix in (
        ([], ""),
        (["--retrain"], ""),
        (["--validators=4"], "-4_validators"),
    ):
        arguments = parser.parse_args([*command, *more])
        (request,) = options.run_requests(arguments)
        assert request.out.name.endswith("leave_one_speaker_out" + suffix)
        assert request.choices.retrain == bool("--retrain" in more)


@pytest.mark.parametrize(
    ("corpus", "sets"),
    [
        ("mfn_mmmo", ["a", "v", ""]),
        ("simulated_mosei", ["t", "a", "v", "ta", "tv", "av", ""]),
    ],
)
def test_all_modalities_are_those_that_the_corpus_has(corpus, sets):
    parser = options.parser("train", None)
    options.add_run(parser, "")
    arguments = parser.parse_args(
        ["mosei_cnn", "--modalities=all", f"--corpus={corpus}"]
    )
    names = [request.out.name for request in options.run_requests(arguments)]
    assert names == [
        "-".join(filter(None, ("mosei_cnn", letters, corpus)))
        for letters in sets
    ]
