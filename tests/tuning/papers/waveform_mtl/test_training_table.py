"""How long systems trained, and whether the limit of epochs ended it."""

from __future__ import annotations

import dataclasses
import pathlib
from types import SimpleNamespace

import pytest

from tuning.papers.waveform_mtl import training_table
from tuning.papers.waveform_mtl.recipe import PATIENCE
from tuning.training.fits import Fit
from tuning.training.recipe import recipe

FIT = Fit("classes", 0, 20, 0.5, 19, pathlib.Path())


@pytest.mark.parametrize(
    "limit, best_epoch, cut_off",
    [
        (20, 19, True),
        (20, 20 - PATIENCE, True),
        (20, 19 - PATIENCE, False),
        (100, 19 - PATIENCE, False),
    ],
)
def test_a_training_is_cut_off_where_patience_has_not_run_out(
    limit, best_epoch, cut_off
):
    experiment = SimpleNamespace(epochs=limit, recipe=recipe("iemocap_e2e_mtl"))
    trained = SimpleNamespace(experiment=experiment)
    fit = dataclasses.replace(FIT, best_epoch=best_epoch)
    assert training_table.was_cut_off(trained, fit) == cut_off
