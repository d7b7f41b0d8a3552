"""Corpora on the command line: one, or several to join."""

from __future__ import annotations

import argparse

import pytest
import spoken

import pipelines
from pipelines.corpora.joined import Joined
from tuning.experiments import same_recordings
from tuning.runs import corpus_options, workspace
from zoo.common.cli import UsageError


def request(*argv, default="simulated"):
    parser = argparse.ArgumentParser()
    corpus_options.add(parser, default)
    return corpus_options.request(parser.parse_args(argv), default)


def named(*texts):
    return [f"--corpus={text}" for text in texts]


def test_a_corpus_is_named_with_its_folder():
    for argv in (
        ["--corpus=emotale=/a=b"],
        ["--corpus=emotale", "--data=/a=b"],
    ):
        own = request(*argv)
        assert (own.name, own.data, own.parts) == ("emotale", "/a=b", ())
    assert request().name == "simulated"


def test_several_corpora_are_joined_in_their_order():
    own = request(*named("ravdess=/r", "emotale=/e"), "--partial")
    assert own.kind is Joined and own.name == "ravdess+emotale"
    assert own.partial and own.data is None
    folders = {name: part.data for name, part in own.each().items()}
    assert folders == {"ravdess": "/r", "emotale": "/e"}


def test_options_name_their_corpus():
    argv = named("ravdess=/r", "emotale=/e")
    own = request(*argv, "--corpus-option=ravdess.classes=4")
    assert own.options == (("ravdess.classes", 4),)
    assert own.each()["ravdess"].options == (("classes", 4),)
    with pytest.raises(UsageError, match="CORPUS.OPTION=VALUE with one of"):
        request(*argv, "--corpus-option=classes=4")
    with pytest.raises(UsageError, match="emotale has no option classes"):
        request(*argv, "--corpus-option=emotale.classes=4")


def test_two_tables_are_named_after_their_folders():
    own = request(*named("manifest=/a/one", "manifest=/b/two"))
    assert own.name == "manifest:one+manifest:two"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--corpus=emotale="], "NAME or NAME=DIR. Received: 'emotale='"),
        (["--corpus==/a"], "NAME or NAME=DIR. Received: '=/a'"),
        (["--corpus=emotail=/a"], "Did you mean 'emotale'"),
        (["--corpus=emotale=/a", "--data=/b"], "named once"),
        (named("emotale=/a", "ravdess"), "--corpus ravdess=DIR"),
        (named("emotale=/a", "emotale=/b"), "named once.*emotale twice"),
        (named("manifest=/a/x", "manifest=/b/x"), "manifest:x twice"),
        (named("emotale=/a", "mosei=/b"), "mosei, a corpus of words"),
        (named("emotale=/a", "recola=/b"), "recola, a corpus of traces"),
        (
            [*named("emotale=/a", "ravdess=/b"), "--data=/c"],
            "--data is the folder of a single corpus",
        ),
        (
            [*named("manifest=/a", "simulated_iemocap"), "--partial"],
            "--partial is for copies",
        ),
    ],
)
def test_what_cannot_be_joined_is_wrong_usage(argv, message):
    with pytest.raises(UsageError, match=message):
        request(*argv)


def test_a_command_for_one_corpus_refuses_two():
    parser = argparse.ArgumentParser()
    corpus_options.add(parser, several=False)
    arguments = parser.parse_args(named("emotale=/a", "ravdess=/b"))
    with pytest.raises(UsageError, match="--corpus must be one here"):
        corpus_options.single(arguments)


def test_a_run_knows_its_corpora_again(tmp_path):
    one, two = (spoken.write(tmp_path / name, 2, 1) for name in ("one", "two"))
    own = request(*named(f"manifest={one}", f"manifest={two}"))
    config = workspace.source(own.open(), dict(own.options))
    assert config["corpus"] == "manifest:one+manifest:two"
    assert config["data"] == {
        "manifest:one": str(one),
        "manifest:two": str(two),
    }
    again = corpus_options.stored(config, {}, None, False)
    assert workspace.source(again.open(), {}) == config
    with pytest.raises(UsageError, match="the run is on manifest:one"):
        corpus_options.stored(config, {}, str(one), False)


def test_a_recording_of_two_corpora_is_refused(tmp_path):
    one, same, other = (
        pipelines.corpus("manifest", spoken.write(tmp_path / name, 2, 1, seed))
        for name, seed in (("one", 0), ("same", 0), ("other", 1))
    )
    same_recordings.check({"one": one, "other": other})
    with pytest.raises(ValueError, match="same/0_angry_0.wav of two, which"):
        same_recordings.check({"one": one, "other": other, "two": same})
