"""The folder of a run: starting over, and paths that are refused."""

from __future__ import annotations

import types

import pytest
import rated_recordings

from tuning.runs import options, workspace
from zoo.common import files


def test_starting_over_removes_only_the_files_of_a_run(tmp_path):
    for name in (
        *workspace.RUN_FILES,
        "notes.txt",
        "fits/a/state.npz",
        "tuner/x",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    workspace.start_over(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    workspace.start_over(tmp_path)


def test_an_out_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(OSError, match="--out .*file.*another folder"):
            workspace.make_folder(out)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_new_folder_goes_where_an_error_leaves_it_empty(tmp_path):
    def fail(folder, *names):
        with (
            pytest.raises(KeyboardInterrupt),
            workspace.new_folder(tmp_path / folder),
        ):
            for name in names:
                (tmp_path / folder / name).touch()
            raise KeyboardInterrupt

    (tmp_path / "old").mkdir()
    fail("old")
    fail("empty")
    fail("claimed", "config.json")
    fail("trained", "config.json", "fits")
    with workspace.new_folder(tmp_path / "done"):
        pass
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["done", "old", "trained"]


@pytest.mark.parametrize(
    ("letters", "kept"), [("va", None), ("a", "a"), (None, None)]
)
def test_all_modalities_of_a_corpus_are_one_run_however_named(letters, kept):
    parser = options.parser("train", None)
    options.add_run(parser, "")
    command = ["mosei_cnn", "--corpus=mfn_mmmo"]
    command += [f"--modalities={letters}"] if letters else []
    (request,) = options.run_requests(parser.parse_args(command))
    corpus = types.SimpleNamespace(
        name="mfn_mmmo", root=".", utterances=[], partial=False
    )
    assert workspace.identity(request, corpus)["modalities"] == kept


def test_options_of_several_values_name_a_run_and_resume_it(tmp_path):
    parser = options.parser("train", None)
    options.add_run(parser, "")
    command = ["recola_dilated", "--corpus=manifest", f"--data={tmp_path}"]
    command += ["--corpus-option=scale=-1,1", "--corpus-option=lag=2.5"]
    (request,) = options.run_requests(parser.parse_args(command))
    assert request.out.name == "recola_dilated-manifest--1_1-2.5"
    rated_recordings.write(tmp_path)
    corpus = request.corpus.open()
    wanted = workspace.identity(request, corpus)
    out = workspace.make_folder(tmp_path / "run")
    files.write_json(out / "config.json", wanted)
    workspace.check_identity(out, wanted)
    trace = tmp_path / "ann_1.csv"
    trace.write_text(trace.read_text().replace("\n0.1,", "\n0.11,", 1))
    changed = workspace.identity(request, request.corpus.open())
    with pytest.raises(ValueError, match="holds a run with other utterances"):
        workspace.check_identity(out, changed)
