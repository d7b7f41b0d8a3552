"""Exit codes, last words, and the zoo's own command line."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

import zoo
from zoo import __main__ as listing
from zoo import registry, weights
from zoo.common import cli

ROOT = pathlib.Path(__file__).resolve().parents[3]
VARIANT = "mosei_cnn-av"


def raising(error: BaseException):
    def main(argv):
        raise error

    return main


def missing_file(argv):
    open("/no/such/file")


@pytest.mark.parametrize(
    "main, code, words",
    [
        (lambda argv: None, 0, ""),
        (lambda argv: 0, 0, ""),
        (lambda argv: 1, 1, ""),
        (raising(cli.UsageError("No such.")), 2, "error: No such.\n"),
        (raising(ValueError("Too\n  short.")), 1, "error: Too short.\n"),
        (raising(OSError("Disk gone.")), 1, "error: Disk gone.\n"),
        (
            missing_file,
            1,
            "error: /no/such/file: No such file or directory.\n",
        ),
        (
            raising(KeyboardInterrupt()),
            1,
            "error: interrupted; the same command goes on from here.\n",
        ),
    ],
)
def test_a_mistake_ends_in_a_code_and_one_sentence(main, code, words, capsys):
    assert cli.command(main)(None) == code
    assert capsys.readouterr() == ("", words)


def test_a_fault_of_ours_is_not_dressed_up_as_a_users_mistake():
    with pytest.raises(ZeroDivisionError):
        cli.command(lambda argv: 1 // 0)()


def test_arguments_are_handed_on():
    assert cli.command(lambda argv: len(argv))(["a", "b", "c"]) == 3


def test_the_list_has_a_line_for_every_model(capsys):
    assert listing.main([]) == 0
    *lines, empty, remedy = capsys.readouterr().out.splitlines()
    listed = {line.split()[0] for line in lines}
    packaged = {path.stem for path in weights.PACKAGED.glob("*.json")}
    assert listed == {*zoo.names(), *packaged}
    assert VARIANT in listed
    assert all(line.endswith("]") for line in lines)
    assert not empty and "python -m tuning.search NAME" in remedy


def test_the_list_is_there_for_machines(capsys):
    assert listing.main(["--json"]) == 0
    cards = json.loads(capsys.readouterr().out)
    assert {card["name"] for card in cards} == {*zoo.names()}
    variants = map(weights.variants, map(registry.entry, zoo.names()))
    own = [{name, *found} for name, found in zip(zoo.names(), variants)]
    assert len(cards) == sum(map(len, own))


def test_a_card_is_shown(capsys):
    assert listing.main(["recola_dilated"]) == 0
    shown = capsys.readouterr().out
    assert "Khorram" in shown and "features (None, 160) float32" in shown


def test_a_card_is_there_for_machines(capsys):
    assert listing.main(["recola_dilated", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    fields = [port["receptive_field"] for port in card["outputs"]]
    assert fields == [2047, 2047]
    assert card["inputs"][0]["shape"] == [None, 160]


def test_a_variant_of_weights_is_shown(capsys):
    assert listing.main([VARIANT]) == 0
    shown = capsys.readouterr().out
    assert "features (None, 109)" in shown
    assert "load: zoo.get('mosei_cnn', modalities='av')" in shown


def test_a_card_without_weights_tells_how_to_get_some(capsys):
    assert listing.main(["mosei_cnn"]) == 0
    shown = capsys.readouterr().out
    assert "weights: none. `python -m tuning.search mosei_cnn" in shown


def test_an_unknown_option_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as caught:
        listing.main(["--nonsense"])
    assert caught.value.code == 2


@pytest.mark.slow
def test_a_process_ends_with_the_code_and_no_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "zoo", "recola_dilted"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: No model 'recola_dilted'. Did you mean")
