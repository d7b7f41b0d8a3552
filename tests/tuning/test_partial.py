"""Partial copies on the command lines, in runs and in tables."""

from __future__ import annotations

import json
import shutil

import pytest
from commands import run
from emotale_copy import write_copy

from pipelines import __main__ as listing
from pipelines.corpora import emotale, emotale_sessions
from pipelines.simulation.folders import MANIFEST
from pipelines.simulation.utterances import simulate_iemocap
from tuning import baselines, evaluate, package, search, train
from tuning.papers.recola_conv import epoch_seconds, filter_lengths
from tuning.tables import __main__ as tables

MISSING = "DK_002_A_1"
NOTE = "emotale_sessions is a partial copy, and its figures are compared with"
CORPUS = "--corpus=emotale_sessions"


@pytest.fixture(scope="module", autouse=True)
def small():
    """The counts of the small copy, and sessions of one utterance."""
    expected = {"utterances": 36, "speakers": 18}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emotale.EmoTale, "expected", expected)
        patch.setattr(emotale_sessions, "FEWEST", 1)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_copy(tmp_path_factory.mktemp("x") / "whole", speakers=18)


@pytest.fixture(scope="module")
def data(whole):
    root = shutil.copytree(whole, whole.parent / "emotale")
    (root / "wav" / f"{MISSING}.wav").unlink()
    return root


def arguments(data, out):
    return [
        "recola_dilated",
        CORPUS,
        f"--data={data}",
        f"--out={out}",
        *("--epochs=1", "--seeds=1", "--set=depth=2", "--set=width=4"),
    ]


@pytest.fixture(scope="module")
def trained(data):
    """A run beside which tables of a partial copy look for it."""
    out = data.parent / "runs" / "recola_dilated-emotale_sessions-partial"
    return run(train.main, *arguments(data, out), "--partial")


@pytest.mark.slow
def test_a_runs_first_lines_say_what_the_copy_lacks(trained):
    assert trained.code == 0, trained.err
    construction, lacks = emotale_sessions.EmoTaleSessions.note, MISSING
    first = trained.out.splitlines()[0]
    assert first.startswith(f"{construction} {NOTE}") and lacks in first
    assert trained.report["note"] == first and trained.report["partial"]
    text = (trained.folder / "report.md").read_text("utf-8")
    assert text.splitlines()[0] == f"**{first}**"


@pytest.mark.slow
def test_a_copy_that_is_not_called_partial_is_refused(data, tmp_path):
    done = run(train.main, *arguments(data, tmp_path / "run"))
    assert done.code == 1 and MISSING in done.sentence
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_run_of_a_partial_copy_is_another_run(trained, whole):
    argv = arguments(whole, trained.folder)
    done = run(train.main, *argv)
    assert done.code == 1
    assert "with data=" in done.sentence or "partial=True" in done.sentence
    config = json.loads((trained.folder / "config.json").read_text("utf-8"))
    assert config["partial"] is True


def test_the_name_of_a_runs_folder_says_partial():
    parser = train.options.parser("train", None)
    train.options.add_run(parser, "")
    argv = ["recola_dilated", CORPUS, "--data=x", "--partial"]
    (request,) = train.options.run_requests(parser.parse_args(argv))
    assert request.out.name == "recola_dilated-emotale_sessions-partial"
    assert request.corpus.partial


@pytest.mark.slow
def test_an_evaluation_opens_the_copy_as_the_run_did(trained):
    done = run(evaluate.main, trained.folder)
    assert done.code == 0, done.err
    first = done.out.splitlines()[0]
    assert NOTE in first
    assert first.endswith("was trained on a partial copy of emotale_sessions.")


@pytest.mark.slow
def test_another_copy_is_partial_only_where_it_is_called_so(trained, data):
    done = run(evaluate.main, trained.folder, f"--data={data}")
    assert done.code == 1 and MISSING in done.sentence
    done = run(evaluate.main, trained.folder, f"--data={data}", "--partial")
    assert done.code == 0, done.err


@pytest.mark.slow
def test_packaged_weights_say_so_too(trained, tmp_path):
    record = package.package(trained.folder, tmp_path)
    assert NOTE in record.note


@pytest.mark.slow
def test_tables_of_a_partial_copy_have_no_published_row(
    trained, data, monkeypatch
):
    monkeypatch.setattr(filter_lengths, "SPANS", (8,))
    only = {"BLSTM": ("recola_blstm_ccc", {"depth": 1})}
    monkeypatch.setattr(epoch_seconds, "STEPS", 50)
    monkeypatch.setattr(epoch_seconds, "NETWORKS", only)
    runs = trained.folder.parent
    argv = ["002", CORPUS, f"--data={data}", f"--runs={runs}", "--partial"]
    done = run(tables.main, *argv, "--epochs=1", "--seeds=1")
    assert done.code == 0, done.err
    assert NOTE in done.out.splitlines()[0]
    assert "The published ones, of RECOLA (AVEC 2016), are left out" in done.out
    assert "| published |" not in done.out and "Povolny" not in done.out
    assert "(the paper, on RECOLA" not in done.out
    assert "**Dilated, emotale_sessions, ours**" in done.out
    assert "--data … --partial`" in done.out
    out = runs / "tables-002-emotale_sessions-partial"
    config = json.loads((out / "config.json").read_text("utf-8"))
    assert config["partial"] is True


@pytest.mark.parametrize("corpus", ["simulated", "manifest"])
@pytest.mark.parametrize(
    ("main", "argv"),
    [
        (train.main, ["recola_dilated"]),
        (search.main, ["recola_dilated"]),
        (baselines.main, ["svm"]),
        (baselines.main, ["avec"]),
        (tables.main, ["002"]),
    ],
)
def test_corpora_without_an_intact_copy_are_refused(
    main, argv, corpus, tmp_path
):
    options = (f"--corpus={corpus}", f"--data={tmp_path}", "--partial")
    done = run(main, *argv, *options)
    assert done.code == 2
    assert f"Received: {corpus}; " in done.sentence
    assert "Leave out --partial" in done.sentence


def test_the_listing_counts_a_partial_copy(data):
    done = run(listing.main, "emotale", f"--data={data}")
    assert done.code == 1 and MISSING in done.err
    done = run(listing.main, "emotale", f"--data={data}", "--partial")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].startswith("emotale is a partial copy")
    done = run(listing.main, "simulated", "--partial")
    assert done.code == 2 and "written whole" in done.sentence


@pytest.fixture
def session(tmp_path):
    """Three sessions in IEMOCAP's layout, as an owner of a part has them."""
    root = simulate_iemocap(tmp_path / "iemocap", utterances=80)
    (root / MANIFEST).unlink()
    for number in (4, 5):
        shutil.rmtree(root / f"Session{number}")
    return root


@pytest.mark.slow
@pytest.mark.usefixtures("descriptors", "untrained")
def test_tables_that_train_have_no_published_row_either(session, tmp_path):
    done = run(
        tables.main,
        "004",
        "--corpus=iemocap",
        f"--data={session}",
        f"--runs={tmp_path / 'runs'}",
        "--partial",
        *("--epochs=1", "--seeds=2", "--trials=1", "--protocol=dealt"),
    )
    assert done.code == 0, done.err
    assert "iemocap is a partial copy" in done.out.splitlines()[0]
    assert "2 files missing (Session4/, Session5/)" in done.out
    assert "are left out: they are of intact corpora" in done.out
    assert "published |" not in done.out and "the paper: " not in done.out
    assert "ours**" in done.out
