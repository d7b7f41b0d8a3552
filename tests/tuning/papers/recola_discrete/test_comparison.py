"""The tables of systems that the paper discusses or announces."""

from __future__ import annotations

import re

import pytest
from commands import run

from tuning.papers.recola_discrete import comparison, smoothing
from tuning.tables import __main__ as tables

pytestmark = pytest.mark.slow
SYSTEMS = ("plain cross-entropy", "CCC of the expected value")


@pytest.fixture(scope="module")
def page(classifier, simulated):
    """The page of a run of one epoch, with two of the other systems."""
    runs = classifier.folder.parent
    kept = {
        name: changes
        for name, changes in comparison.VARIANTS.items()
        if not changes or name in SYSTEMS
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "VARIANTS", kept)
        patch.setattr(smoothing, "LAG", 5)
        argv = ("001", f"--data={simulated}", f"--runs={runs}")
        done = run(tables.main, *argv, "--processes=1")
    assert done.code == 0, done.err
    return classifier, done.out


def test_every_way_of_smoothing_has_a_row_with_intervals(page):
    trained, text = page
    title = "the paper's\\) \\| "
    for way in ("likeliest level", "decoder \\(CLS", "expected value \\| "):
        assert re.search(f"{title}{way}", text), way
    for name in ("median", "Gaussian"):
        assert re.search(rf"{title}likeliest .*, {name} \(.* s, .* s\)", text)
    scores = trained.report["metrics"]["test"]["arousal"]
    shown = f"{scores['ccc']:.3f} ({scores['low']:.3f} to {scores['high']:.3f})"
    assert shown in text
    decoded = trained.report["decoded"]["metrics"]["test"]["valence"]["ccc"]
    assert f"{decoded:.3f} (" in text
    assert "| +0.000 (0.000 to 0.000) |" in text, "the paper's over itself"
    assert "| constant |" in text


def test_systems_of_other_losses_stand_beside_with_their_stability(page):
    _, text = page
    for name in SYSTEMS:
        assert text.count(f"| {name} | ") >= 2
    assert "| CCC of the expected value | likeliest" not in text
    stability = text.partition("## Section 4.2: stability")[2]
    row = r"^\| [^|]+ \| -?0\.\d{3} \| \d\.\d{3} \| -?0\.\d{3} \| \d\.\d{3} \|$"
    assert len(re.findall(row, stability, re.M)) == 3


def test_levels_of_equal_width_are_the_most_imbalanced(page):
    shares = re.findall(r"\| (\w+) \| 10 \| [\d.]+, ([\d.]+) \|", page[1])
    largest = {name: float(share) for name, share in shares}
    assert largest["equal_width"] > largest["kmeans"] > largest["quantile"]
