"""Names, cards, refusals and the command of the corpora."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys

import pytest
import rated_recordings

import pipelines
from pipelines import __main__ as listing
from pipelines import corpora
from pipelines.corpora import base
from pipelines.corpora._io import tables

NAMES = [
    "ceap",
    "emotale",
    "emotale_sessions",
    "mfn_mmmo",
    "mfn_mmmo_text",
    "mfn_pom",
    "recola",
    "simulated",
]


def test_names_are_those_of_the_corpora():
    assert set(NAMES) <= set(pipelines.names())
    assert pipelines.names() == sorted(pipelines.names())


@pytest.mark.parametrize("name", NAMES)
def test_a_card_tells_what_there_is_to_know(name):
    corpus = corpora.find(name)
    assert corpus.name == name
    assert corpus.citation in corpus.card()
    assert corpus.expected["utterances"] >= corpus.expected["speakers"]


@pytest.mark.parametrize(
    "name",
    [
        "emotale_sessions",
        "simulated",
        "simulated_cheavd",
        "simulated_iemocap",
        "simulated_mosei",
    ],
)
def test_cards_of_corpora_that_are_not_real_say_so_first(name):
    first = corpora.find(name).card().splitlines()[0]
    assert first == corpora.find(name).note
    assert "construction" in first or "made by a program" in first


def test_an_unknown_name_gets_a_suggestion(tmp_path):
    with pytest.raises(ValueError) as caught:
        pipelines.corpus("recolla", tmp_path)
    assert "No corpus 'recolla'. Did you mean 'recola'?" in str(caught.value)
    assert "emotale_sessions" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["ceap", "emotale", "emotale_sessions", "mfn_pom", "mosei", "recola"],
)
def test_a_missing_root_is_named_with_its_layout(name, tmp_path):
    root = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError) as caught:
        pipelines.corpus(name, root)
    assert str(root) in str(caught.value)
    assert corpora.find(name).layout in str(caught.value)


def test_missing_files_are_named_and_counted(tmp_path):
    wanted = [f"{i}.wav" for i in range(6)]
    with pytest.raises(FileNotFoundError) as caught:
        tables.check(tmp_path, wanted, ["4.wav"])
    assert "5 of 6" in str(caught.value)
    assert "0.wav, 1.wav, 2.wav and 2 more" in str(caught.value)


def test_extra_files_are_named_and_counted(tmp_path):
    with pytest.raises(ValueError, match="1 files .* b.wav. Move"):
        tables.check(tmp_path, ["a.wav"], ["a.wav", "b.wav"])


class Twice(base.Corpus):
    name = "twice"
    source = layout = "none."
    dimensions = ()
    expected = {"utterances": 2, "speakers": 1}

    def _read(self):
        for _ in range(2):
            yield base.Utterance("one", "s", (self.root,), None, {})


class Few(Twice):
    expected = {"utterances": 3, "speakers": 1}

    def _read(self):
        yield base.Utterance("one", "s", (self.root,), None, {})


def test_repeated_ids_are_refused(tmp_path):
    with pytest.raises(ValueError, match="unique.*: one"):
        Twice(tmp_path)


def test_other_counts_than_expected_are_refused(tmp_path):
    with pytest.raises(ValueError, match="3 utterances.*1 utterances"):
        Few(tmp_path)


def test_the_listing_has_a_line_a_corpus(capsys):
    assert listing.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == pipelines.names()
    for line in lines:
        assert corpora.find(line.split()[0]).source in line


def test_one_card_is_shown_by_name(capsys):
    assert listing.main(["emotale"]) == 0
    out = capsys.readouterr().out
    assert "Hjuler" in out and "800 utterances, 18 speakers" in out


def test_a_copy_is_counted(capsys, shared):
    root = shared("corpora", "emotale")
    assert listing.main(["emotale", "--data", str(root)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"emotale: 800 utterances, 18 speakers in {root}"


def test_a_copy_is_counted_with_options(capsys, tmp_path):
    rated_recordings.write(tmp_path)
    options = [
        "--corpus-option",
        "lag=2",
        "--corpus-option",
        "scale=-2,2",
    ]
    assert listing.main(["manifest", f"--data={tmp_path}", *options]) == 0
    assert "lag of the ratings: 2 s, as given" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv, code, words",
    [
        (["emotal"], 2, "Did you mean 'emotale'"),
        (["recola", "--data", "/nowhere"], 1, "/nowhere"),
        (["manifest", "--corpus-option", "lag"], 2, "must be NAME=VALUE"),
        (["manifest", "--corpus-option", "log=2"], 2, "no option log"),
        (["manifest", "--corpus-option", "lag=-2"], 2, "from 0 to 8"),
    ],
)
def test_a_users_mistake_is_one_sentence(argv, code, words, capsys):
    assert listing.main(argv) == code
    out, err = capsys.readouterr()
    assert err.startswith("error: ") and err.count("\n") == 1 and words in err
    assert len(re.findall("Traceback", out + err)) == 0


def test_data_without_a_name_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as caught:
        listing.main(["--data", "x"])
    assert caught.value.code == 2
    assert "NAME" in capsys.readouterr().err


def test_the_module_can_be_run():
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "ceap"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("ceap: CEAP-360VR")
    assert importlib.import_module("pipelines").names()


def test_what_the_simulator_made_is_not_read_as_real(simulated):
    with pytest.raises(ValueError, match="was made by pipelines.simulate"):
        pipelines.corpus("recola", simulated)
