"""Table 1 and Figure 2 of Zhang et al. 2019, and what they leave open."""

from __future__ import annotations

import pathlib

import numpy as np

from tuning.papers.waveform_mtl import (
    attention,
    published,
    task_weights,
    training_table,
)
from tuning.papers.waveform_mtl.notes import notes
from tuning.papers.waveform_mtl.predicted import (
    Predicted,
    gain,
    mcnemar,
    percent,
    points,
    z_test,
)
from tuning.papers.waveform_mtl.published import BASELINE, COLUMNS, PROPOSED
from tuning.papers.waveform_mtl.systems import JOINT, SVM, TableSystems
from tuning.plots import curves
from tuning.runs.figures import (
    CONSTANT,
    ensemble_of,
    mean_and_deviation,
    mean_of,
    signed,
)
from tuning.runs.report import table
from tuning.tables import kinds, registry
from tuning.tables.kinds import KIND
from tuning.tables.quoted import heading
from tuning.tables.registry import TablesRequest
from tuning.tables.trained import Systems
from tuning.training.progress import Progress
from zoo.papers.waveform_mtl import LEVELS, TASKS

CLASSIFIER = "single classifier"
DIALOGUE = "dialogue"
DIALOGUES = ("improvised", "scripted")
"""Label of an utterance, and its values in IEMOCAP."""


@registry.register(
    "waveform_mtl",
    "004",
    "simulated_iemocap",
    trains=True,
    searches=True,
    models=("iemocap_e2e_mtl_att",),
)
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown; trains what is missing."""
    systems = TableSystems(Systems(request, progress), request.trials)
    parts = [
        *heading("waveform_mtl", "004", "IEMOCAP", request.corpus),
        notes(systems),
        f"## Table 1: UAR in percent\n\n{_table_1(systems)}",
        f"## Recall of each level, test, in percent\n\n{_recalls(systems)}",
        f"## Differences on test\n\n{_compared(systems)}",
        f"## Improvised and scripted dialogues, test\n\n{_dialogues(systems)}",
        f"## Training\n\n{training_table.training(systems)}",
        f"## Weights of the tasks\n\n{_weights(systems)}",
        f"## Figure 2: attention of {PROPOSED}\n\n"
        f"{_figure_2(systems, request.out)}",
    ]
    progress.clear()
    return "\n\n".join(parts) + "\n"


def _table_1(systems: TableSystems) -> str:
    rows = []
    for system in published.UAR:
        name = f"{system}, IEMOCAP"
        rows += kinds.published(systems.corpus, name, published.row(system))
        if system in systems.rows:
            rows += _own_rows(systems, system)
    rows += _constant_rows(systems)
    head = ["system", KIND, *(f"{task} {split}" for task, split in COLUMNS)]
    brackets = kinds.quotation(
        systems.corpus,
        "; in brackets where the paper prints none, though its own figures "
        "give one",
    )
    legend = (
        f"A star: the paper's one-tailed z-test against {BASELINE} on the same "
        f"partition gives p < {published.LEVEL:g}{brackets}."
    )
    return f"{table(head, rows)}\n\n{legend}"


def _own_rows(systems: TableSystems, system: str) -> list[list[str]]:
    """Returns the rows of one of our systems: ensemble and mean of seeds."""
    name = f"**{system}, {systems.corpus.name}, ours**"
    cells = [_cell(systems, system, task, split) for task, split in COLUMNS]
    if system == SVM:
        return [[name, CLASSIFIER, *cells]]
    seeds = systems.trained(system, TASKS[0]).seeds
    whole = [name, ensemble_of(seeds), *cells]
    if seeds == 1:
        return [whole]
    means = [_mean(systems, system, task, split) for task, split in COLUMNS]
    return [whole, [name, mean_of(seeds), *means]]


def _cell(systems: TableSystems, system: str, task: str, split: str) -> str:
    """Returns UAR with its star and its interval; "-" where there is none."""
    predicted = systems.predicted(system, task, split)
    if predicted is None:
        return "-"
    text = percent(predicted.uar, predicted.interval())
    if system == BASELINE:
        return text
    baseline = _of_network(systems, BASELINE, task, split)
    if not published.is_better(predicted.uar, baseline.uar, len(predicted)):
        return text
    value, space, rest = text.partition(" ")
    return f"{value}{published.STAR}{space}{rest}"


def _of_network(
    systems: TableSystems, system: str, task: str, split: str
) -> Predicted:
    return systems.trained(system, task).predicted(split)


def _mean(systems: TableSystems, system: str, task: str, split: str) -> str:
    """Returns mean and deviation of the UAR of single networks."""
    trained = systems.trained(system, task)
    values = [
        100 * trained.predicted(split, index).uar
        for index in range(trained.seeds)
    ]
    return mean_and_deviation(values, digits=1)


def _constant_rows(systems: TableSystems) -> list[list[str]]:
    by_column = [systems.constants(task, split) for task, split in COLUMNS]
    return [
        [
            f"**{name}, {systems.corpus.name}**",
            CONSTANT,
            *(percent(constants[name].uar) for constants in by_column),
        ]
        for name in by_column[0]
    ]


def _recalls(systems: TableSystems) -> str:
    """Tabulates the recall of every level, so that none hides in a UAR."""
    rows = []
    for system in systems.rows:
        for task in TASKS:
            predicted = systems.predicted(system, task, "test")
            if predicted is not None:
                recalls = [
                    "-" if np.isnan(recall) else f"{100 * recall:.0f}"
                    for recall in predicted.recalls()
                ]
                counts = "/".join(map(str, predicted.counts()))
                rows.append([system, task, *recalls, counts])
    counted = f"utterances ({'/'.join(LEVELS)})"
    return table(["system", "task", *LEVELS, counted], rows)


def _compared(systems: TableSystems) -> str:
    """Tabulates paired differences over speakers, and two other tests."""
    pairs = [(system, BASELINE) for system in systems.rows]
    pairs += [(PROPOSED, s) for s in systems.rows if s.startswith("OS+")]
    rows = [
        _difference(systems, system, other, task)
        for system, other in pairs
        if system != other
        for task in TASKS
    ]
    tests = ["one-tailed z-test, p", "McNemar, p"]
    head = ["system", "against", "task", "UAR, points", *tests]
    caveat = (
        "The difference is paired: every draw takes the same speakers for both "
        "systems, whose utterances stay together. The z-test, which the paper "
        "uses, takes a UAR for a share of independent utterances, tested on "
        "others for each system: neither holds. McNemar's test looks at the "
        "same utterances, takes them for independent too, and compares "
        "accuracies, not UARs. "
        f"{len(rows)} comparisons are made: at p < 0.05 one in twenty differs "
        "by chance."
    )
    return f"{table(head, rows)}\n\n{caveat}"


def _difference(
    systems: TableSystems, system: str, other: str, task: str
) -> list[str]:
    first = systems.predicted(system, task, "test")
    second = systems.predicted(other, task, "test")
    if first is None or second is None:
        return [system, other, task, "-", "-", "-"]
    return [
        system,
        other,
        task,
        points(gain(first, second)),
        f"{z_test(first, second):.3f}",
        f"{mcnemar(first, second):.3f}",
    ]


def _dialogues(systems: TableSystems) -> str:
    """Tabulates UAR on improvised and on scripted test utterances."""
    kind_of = {
        utterance.id: utterance.labels.get(DIALOGUE)
        for utterance in systems.corpus.utterances
    }
    tested = {kind_of[name] for name in systems.experiment.ids("test")}
    if not tested >= {*DIALOGUES}:
        known = ", ".join(sorted(str(kind) for kind in tested if kind))
        return (
            f"Not compared: the test utterances of {systems.corpus.name} "
            + (f"are all {known}." if known else f"have no label {DIALOGUE}.")
        )
    rows = []
    for system in systems.rows:
        for task in TASKS:
            predicted = systems.predicted(system, task, "test")
            if predicted is not None:
                cells = []
                for kind in DIALOGUES:
                    own = predicted.only(lambda name: kind_of[name] == kind)
                    cells += [percent(own.uar, own.interval()), len(own)]
                rows.append([system, task, *cells])
    head = ["system", "task"]
    for kind in DIALOGUES:
        head += [kind, "utterances"]
    return (
        f"{table(head, rows)}\n\nUAR in percent of the same networks, trained "
        "on both kinds. The paper describes the improvised dialogues alone, "
        "but its 9,949 utterances include scripted ones; it gives no figure "
        "by kind."
    )


def _weights(systems: TableSystems) -> str:
    """Tabulates the weights of tasks that the joint systems train with."""
    if systems.trials == 1:
        return "None was searched: every network has those of the command."
    rows = []
    for system in JOINT:
        for main in systems.main_tasks():
            trials = systems.searched(system)
            chosen = task_weights.best(trials, main)
            scores = sorted(trial.score(main) for trial in trials)
            figures = (scores[-1], float(np.median(scores)), scores[0])
            weights = (f"{chosen.weights[task]:g}" for task in TASKS)
            rows.append([system, main, *weights, *map(percent, figures)])
    head = ["system", "main task", *(f"w of {task}" for task in TASKS)]
    about = (
        f"The best on dev of {systems.trials}: equal weights, and draws from "
        "0.1 to 1. One network of seed 0 was trained with each."
    )
    own = ["dev UAR, best", "median", "worst"]
    return f"{about}\n\n{table([*head, *own], rows)}"


def _figure_2(systems: TableSystems, out: pathlib.Path) -> str:
    """Plots attention, and tabulates how far it follows the amplitude."""
    curves.save(attention.figure(systems), out / "figure_2.png")
    trained = attention.correlations(systems)
    untrained = attention.correlations(systems, is_trained=False)
    rows = [
        [task, _correlation(trained[task]), _correlation(untrained[task])]
        for task in TASKS
    ]
    count = max(number for _, _, number in trained.values())
    head = ["task", "r, trained", "r, untrained"]
    about = (
        "The paper reads from two utterances that attention for arousal "
        "follows the amplitude and that for valence does not. Below, the mean "
        f"over {count} test utterances of Pearson's r between the weights of "
        "the windows and their root mean square, of one seed; and of the same "
        "networks before their training, since windows differ first of all "
        "in their amplitude."
    )
    return f"![Figure 2](figure_2.png)\n\n{about}\n\n{table(head, rows)}"


def _correlation(found: attention.Correlation) -> str:
    value, bounds, _ = found
    if np.isnan(value):
        return "-"
    return signed((value, bounds), digits=2)
