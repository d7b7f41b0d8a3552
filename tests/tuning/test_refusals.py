"""Wrong values are refused before a corpus is read, whatever the model."""

from __future__ import annotations

import pytest
from commands import run

import zoo
from pipelines.corpora import CORPORA
from tuning import search, train
from tuning.experiments.factory import targets
from tuning.runs.request import CorpusRequest
from tuning.tables import __main__ as tables
from tuning.tables import registry
from tuning.training import hyperparameters, recipe, values

WRONG = ("-1", "0", "nan", "1e999", "1.5", "foo", "")
TWO_CORPORA = ("--corpus=emotale=/a", "--corpus=ravdess=/b")
COMMANDS = {"train": train.main, "search": search.main}


@pytest.fixture(autouse=True)
def unreadable(monkeypatch):
    """Fails a test that opens a corpus."""

    def read(*_, **__):
        raise AssertionError("a corpus was read")

    monkeypatch.setattr(CorpusRequest, "open", read)
    for kind in CORPORA.values():
        monkeypatch.setattr(kind, "_read", read)


def defaults(model):
    own = recipe.recipe(model)
    target = targets(zoo.card(model, None), own)[0]
    return hyperparameters.defaults(own, target)


def wrong(model, name, default):
    """Texts that cannot be values of a hyper-parameter."""
    own = recipe.recipe(model)
    rules = {**values.SHARED, **own.values}
    rule = rules.get(name) or values.rule_of(default)
    return [text for text in WRONG if rule.parse(text) is None]


def refuse(main, arguments, tmp_path, *words):
    """Checks that a command refuses in a sentence and leaves nothing."""
    out = tmp_path / "run"
    done = run(main, *arguments, f"--out={out}")
    assert done.code == 2, done.err
    for word in words:
        assert word in done.sentence
    assert not out.exists()
    assert not list(tmp_path.iterdir())


EVERY = [
    (model, name, default)
    for model in recipe.names()
    for name, default in defaults(model).items()
]


@pytest.mark.parametrize("model, name, default", EVERY)
def test_every_hyperparameter_has_wrong_values(model, name, default):
    refused = wrong(model, name, default)
    assert {"foo", "", "nan", "-1", "1e999"} <= {*refused}
    if isinstance(default, int):  # booleans are
        assert "1.5" in refused or name == "components"


@pytest.mark.parametrize("model, name, default", EVERY)
def test_a_wrong_value_is_refused_before_reading(
    model, name, default, tmp_path
):
    for text in wrong(model, name, default):
        words = f"--set {name}={text}: the value must be ", f"{text!r}"
        arguments = model, f"--set={name}={text}"
        refuse(train.main, arguments, tmp_path, *words)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "arguments, words",
    [
        (["mosei_*", "--set=text=onehot"], "one of glove, one_hot, both"),
        (["mosei_blstm", "--set=scaling=foo"], "one of max_abs, z"),
        (["mosei_blstm", "--set=maxlen=0"], "a whole number from 1"),
        (["recola_dilated", "--set=depth=0"], "a whole number from 1"),
        (["recola_blstm_cls", "--set=levels_from=x"], "train+dev, train"),
        (["recola_dilated", "--set=foo=1"], "no hyper-parameter 'foo'"),
        (["recola_dilated", "--set=depth"], "--set depth: it must be NAME"),
        (["recola_downup", "--set=factor=4"], "at least `factor`"),
        (["recola_dilated", "--protocol=fixed"], "--protocol is not for"),
        (["recola_dilated", "--validators=2"], "--validators is not for"),
        (["mosei_blstm", "--retrain"], "--retrain is not for mosei_blstm"),
        (
            ["iemocap_e2e_mtl", "--validators=2", "--protocol=dealt"],
            "--validators is for the protocol leave_one_speaker_out; the "
            "chosen one is dealt.",
        ),
        (["mosei_blstm", "--modalities=tx"], "some of t, a, v, each once"),
        (["mosei_blstm", "--modalities=tt"], "some of t, a, v, each once"),
        (["iemocap_e2e_stl", "--task=joy"], "arousal, valence, dominance"),
        (["recola_dilated", "--corpus=recolla"], "recola"),
        (["recola_dilated", *TWO_CORPORA], "learns from traces"),
        (["mosei_blstm", *TWO_CORPORA], "learns from words"),
        (["recola_dilated", "--corpus-option=seeds=1"], "no option seeds"),
        (["mosei_blstm", "--corpus-option=folds=x"], "`folds` must be one of"),
        (["mosei_blstm", "--corpus-option=fold_seed=x"], "a whole number"),
        (["iemocap_e2e_mtl", "--corpus-option=dataset=x"], "IEMO_dataset1"),
        (["iemocap_e2e_mtl", "--corpus-option=dev_session=9"], "1 to 5"),
        (["recola_dilated", "--corpus-option=seconds=-1"], "seconds=-1"),
        (["recola_dilated", "--corpus-option=seed=-1"], "seed=-1"),
    ],
)
def test_a_command_refuses_what_is_wrong_whatever_the_corpus(
    command, arguments, words, tmp_path
):
    refuse(COMMANDS[command], arguments, tmp_path, words)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_model_is_trained_where_another_refuses(command, tmp_path):
    # Only the last of these models knows the value.
    arguments = ["recola_*", "--set=levels_from=train"]
    refuse(COMMANDS[command], arguments, tmp_path, "no hyper-parameter")


def test_an_unknown_protocol_is_refused_by_every_command(tmp_path, capsys):
    for main, name in (
        (train.main, "iemocap_e2e_mtl"),
        (search.main, "iemocap_e2e_mtl"),
        (tables.main, "attention_fcn"),
    ):
        with pytest.raises(SystemExit) as left:
            main([name, "--protocol=foo", f"--out={tmp_path / 'run'}"])
        assert left.value.code == 2
        assert "argument --protocol: invalid choice" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("paper", registry.training_names())
def test_tables_refuse_wrong_values_and_leave_no_folder(paper, tmp_path):
    (model, *_) = registry.tables(paper).models
    for name, default in defaults(model).items():
        for text in wrong(model, name, default)[:2]:
            arguments = paper, f"--set={name}={text}"
            refuse(tables.main, arguments, tmp_path, f"--set {name}={text}")
    refuse(tables.main, (paper, "--set=foo=1"), tmp_path, "'foo'")


def test_tables_refuse_options_of_others(tmp_path):
    for option in ("--set=depth=3", "--classes=sad", "--protocol=fixed"):
        refuse(tables.main, ("recola_conv", option), tmp_path, "is for")
