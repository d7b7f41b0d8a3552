"""Records of weights: what is carried, and that commands still hold."""

from __future__ import annotations

import json
import pathlib
import shlex
import warnings

import commands
import pytest

import zoo
from pipelines import corpora
from pipelines.corpora.mosei import Mosei
from tuning import package
from tuning.runs import options
from tuning.training import hyperparameters
from zoo import registry, weights

FOLDED = {
    "recordings": {"utterances": 640, "folds": 18},
    "runs": [{}, {}, {}],
    "metrics": {"test": {"emotion": {"uar": 0.5}}},
    "saved": {"metrics": {"dev": {"emotion": {"uar": 0.6}}}},
    "constants": {
        split: {
            "majority": {
                "emotion": {"uar": 0.25},
                "emotion: angry": {"uar": 1.0},
            }
        }
        for split in ("dev", "test")
    },
    "unit": "speaker",
    "units": {"train": 18, "dev": 18, "test": 18},
}


def records() -> list[tuple[str, zoo.Card]]:
    return [
        (variant, zoo.card(name, **arguments))
        for name in zoo.names()
        for variant, arguments in weights.variants(registry.entry(name)).items()
    ]


every_record = pytest.mark.parametrize(
    "card", [card for _, card in records()], ids=[name for name, _ in records()]
)


def request_of(command: str):
    """Parses a record's command as the command line would."""
    python, m, module, *argv = shlex.split(command)
    assert (python, m) == ("python", "-m")
    assert module in ("tuning.train", "tuning.search")
    parser = options.parser(module.partition(".")[2], "")
    options.add_run(parser, "")
    if module == "tuning.search":
        parser.add_argument("--trials", type=options.positive)
        parser.add_argument("--tuner")
    (request,) = options.run_requests(parser.parse_args(argv))
    return module, request


@every_record
def test_the_command_of_packaged_weights_still_holds(card):
    module, request = request_of(card.weights.command)
    assert request.card.name == card.name
    assert request.corpus.name == card.weights.corpus
    for target in request.targets:
        hyperparameters.fixed(request.recipe, target, request.changes)
        if module == "tuning.search":
            continue
        configured = hyperparameters.configure(
            request.recipe, target, request.changes
        )
        recorded = card.weights.arguments
        for name, value in configured.arguments.items():
            # An argument newer than the weights has its default in them.
            kept = recorded.get(name, value)
            kept = kept[target] if isinstance(kept, dict) else kept
            assert kept == value, name
    asked = request.choices.modalities
    kept = card.weights.arguments.get("modalities", "tav")
    assert kept == (asked or modalities_of(card.weights.corpus))


def modalities_of(corpus: str) -> str:
    """Letters of a corpus' modalities; all three for one without words."""
    kinds = [corpora.find(name) for name in corpus.split("+")]
    return "".join(getattr(kinds[0], "modalities", "tav"))


@every_record
def test_records_of_packaged_weights_tell_chance_and_intervals(card):
    record = card.weights
    for partition, by_name in record.constants.items():
        assert by_name and partition in record.figures
        for by_label in by_name.values():
            assert {*by_label} <= {*record.figures[partition]}
    first = next(n for n in package_partitions() if n in record.figures)
    assert record.constants[first] and record.units[first] > 0
    for task, own in record.figures[first].items():
        assert ("low" in own) <= (record.units[first] >= 8), task
    if card.monitor[0] == "val_uar":
        for port in card.outputs:
            recalls = {f"{port.name}: {label}" for label in port.labels}
            assert recalls <= {*record.figures[first]}
    assert not record.protocol.startswith("official split")


def package_partitions() -> tuple[str, ...]:
    return ("cross-validation", "test", "dev")


def test_figures_of_folds_and_constants_are_carried():
    carried = package._by_partition(FOLDED, package._constants(FOLDED))
    assert carried == {
        "cross-validation": {"majority": {"emotion": {"uar": 0.25}}},
        "dev": {"majority": {"emotion": {"uar": 0.25}}},
    }
    assert package._by_partition(FOLDED, FOLDED["units"]) == {
        "cross-validation": 18,
        "dev": 18,
    }
    assert list(package._figures(FOLDED)) == ["cross-validation", "dev"]


def test_a_split_is_official_only_where_it_is_one():
    custom = {"corpus_options": {"folds": "paper"}}
    assert package._partition(Mosei, custom) == "custom split of the paper"
    assert package._partition(Mosei, {"corpus_options": {}}) == "official split"
    for name, of in {
        "simulated": "the simulator",
        "emotale_sessions": "this project",
        "mfn_mmmo": "the release",
    }.items():
        kind = package.corpora.find(name)
        assert of.split()[-1] in package._partition(kind, {})


def test_a_command_is_kept_without_the_machines_folders():
    command = "python -m tuning.train x --data /your/d --out=/your/y --epochs 3"
    assert package.portable(command) == (
        "python -m tuning.train x --data FOLDER --epochs 3"
    )
    assert not pathlib.Path("FOLDER").exists()
    joined = "x --corpus a=/home/b --corpus=c=d/e --set units=3 --corpus ceap"
    assert package.portable(joined) == (
        "x --corpus a=FOLDER --corpus=c=FOLDER --set units=3 --corpus ceap"
    )


@pytest.fixture
def run(tmp_path):
    """The folder of a finished run of one small network."""
    folder = tmp_path / "run"
    folder.mkdir()
    arguments = {"depth": 1, "width": 2}
    model = zoo.get("recola_dilated", weights=None, **arguments)
    model.save(folder / "model.keras")
    config = {
        "model": "recola_dilated",
        "corpus": "emotale_sessions",
        "data": "/your/emotale",
        "arguments": arguments,
        "training": {"arousal": {}},
    }
    report = {
        "note": "",
        "date": "2026-11-27",
        "versions": {},
        "command": "python -m tuning.train recola_dilated",
        "measures": {"ccc": "CCC"},
        "recordings": {"train": 9, "dev": 2},
        "runs": [{}],
        "saved": {
            "metrics": {"dev": {"arousal": {"ccc": 0.5}}},
            "seeds": {"arousal": 0},
        },
    }
    for name, content in (("config", config), ("report", report)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def test_weights_are_packaged_under_a_name_beside_the_default_ones(
    run, tmp_path, monkeypatch
):
    monkeypatch.setattr(weights, "PACKAGED", tmp_path / "packaged")
    out = f"--out={weights.PACKAGED}"
    for words in ((), ("--as", "sessions_2")):
        done = commands.run(package.main, run, out, *words)
        assert done.code == 0, done.err
    files = {path.name for path in weights.PACKAGED.iterdir()}
    assert files == {
        f"recola_dilated{suffix}{end}"
        for suffix in ("", "-sessions_2")
        for end in (".json", ".weights.h5")
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        zoo.get("recola_dilated", weights="sessions_2", width=2)
    record = zoo.card("recola_dilated", weights="sessions_2").weights
    assert record.file == "recola_dilated-sessions_2.weights.h5"
    assert record.figures == {"dev": {"arousal": {"ccc": 0.5}}}


@pytest.mark.parametrize(
    "name", ["a/b", "x.h5", "", "Mine", "a-b", "pretrained"]
)
def test_a_name_that_could_be_a_path_is_refused(name, run, tmp_path):
    out = tmp_path / "out"
    done = commands.run(package.main, run, f"--out={out}", f"--as={name}")
    assert done.code == 1 and "--as must be a name of small" in done.sentence
    assert not out.exists()


def test_a_name_of_weights_that_arguments_select_is_refused(tmp_path):
    entry = registry.entry("mosei_cnn")
    path = tmp_path / "mosei_cnn-av.json"
    path.write_text(json.dumps({"arguments": {"modalities": "av"}}))
    with pytest.raises(ValueError, match="--as av is taken"):
        package._check_free(entry, path, "av")
    path.write_text(json.dumps({"arguments": {"modalities": "tav"}}))
    package._check_free(entry, path, "av")


def test_a_run_in_a_folder_of_a_packaged_name_is_that_run(
    run, tmp_path, monkeypatch
):
    monkeypatch.setattr(weights, "PACKAGED", tmp_path)
    commands.run(package.main, run, f"--out={tmp_path}", "--as=run")
    (tmp_path / "recola_dilated-run.weights.h5").unlink()
    monkeypatch.chdir(tmp_path)
    done = commands.run(package.main, "run", f"--out={tmp_path}", "--as=again")
    assert done.code == 0, done.err


def test_figures_on_other_corpora_stand_on_the_card():
    record = zoo.card("recola_dilated").weights
    content = {
        "metrics": {"test": {"arousal": {"ccc": 0.5}}},
        "units": {"test": 9},
    }
    found = package._with_others(record, {"stranger": content})
    assert found.figures["stranger, not learnt from"] == {
        "arousal": {"ccc": 0.5}
    }
    assert found.units["stranger, not learnt from"] == 9
    assert {*record.figures} < {*found.figures}
