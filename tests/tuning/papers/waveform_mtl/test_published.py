"""Published figures of Zhang et al. 2019, and their stars."""

from __future__ import annotations

from tuning.papers.waveform_mtl import published


def test_the_papers_stars_are_those_of_its_test():
    printed = published.STARS[published.PROPOSED]
    for value, baseline, (_, split), star in zip(
        published.UAR[published.PROPOSED],
        published.UAR[published.BASELINE],
        published.COLUMNS,
        printed,
    ):
        count = published.SIZES[split]
        found = published.is_better(value / 100, baseline / 100, count)
        assert found == star


def test_stars_that_the_paper_does_not_print_are_marked():
    assert published.row("e2e MTL+att.") == [
        *("48.7 *", "48.5 *", "66.2 *", "63.8 *", "53.4", "51.6")
    ]
    assert published.row("e2e STL+att.") == [
        *("46.5", "45.4", "61.4", "60.7", "51.4", "52.6")
    ]
    assert published.row("e2e MTL") == [
        *("46.2", "44.0", "64.6 (*)", "63.4 (*)", "52.3", "53.9 (*)")
    ]
