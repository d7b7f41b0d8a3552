"""Features computed by processes."""

from __future__ import annotations

import csv
import importlib
import os
import signal

import numpy as np
import pytest
import soundfile

import pipelines
from pipelines.features import extraction, yaafe
from pipelines.features.worker import Worker

IMPORTED = """
import os
import sys

from pipelines.features import yaafe


def heavy_and_process(waveform):
    heavy = {"tensorflow", "keras", "sklearn", "h5py"}
    return len(heavy & set(sys.modules)), os.getpid()
"""


def refused(waveform):
    raise ValueError(f"no features of {len(waveform)} samples")


def killed(waveform):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def worker(request):
    worker = Worker(request.param)
    yield worker
    worker.stop()


@pytest.fixture
def corpus(tmp_path):
    """Five recordings of one second."""
    root = tmp_path / "corpus"
    root.mkdir()
    rng = np.random.default_rng(0)
    rows = [["file", "speaker", "emotion"]]
    for number in range(5):
        rows.append([f"{number}.wav", "ann", "sad"])
        waveform = rng.normal(0, 0.1, 16_000)
        soundfile.write(root / rows[-1][0], waveform, 16_000)
    with open(root / "manifest.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    return pipelines.corpus("manifest", root)


@pytest.fixture
def processes(monkeypatch):
    """Computes in processes from the start; lists those that were started."""
    started = []

    class Counted(Worker):
        def __init__(self, extract):
            super().__init__(extract)
            started.append(self._process)

    monkeypatch.setattr(extraction, "SECONDS_IN_THREADS", -1.0)
    monkeypatch.setattr(extraction, "Worker", Counted)
    return started


def use(monkeypatch, extract):
    front_end = extraction.FrontEnd(extract, 16_000, "1", in_processes=True)
    monkeypatch.setitem(extraction.FRONT_ENDS, "yaafe", front_end)


@pytest.mark.parametrize("worker", [yaafe.extract], indirect=True)
def test_a_process_computes_the_same_again_and_again(worker):
    rng = np.random.default_rng(0)
    for length in (1, 16_000, 5_000):
        waveform = rng.normal(0, 0.1, length).astype("float32")
        expected = yaafe.extract(waveform)
        # TensorFlow, once loaded, takes tiny numbers of this process for 0.
        np.testing.assert_allclose(worker(waveform), expected, atol=1e-18)


@pytest.mark.parametrize("worker", [refused], indirect=True)
def test_a_process_raises_what_is_wrong_and_goes_on(worker):
    for length in (3, 4):
        with pytest.raises(ValueError, match=f"no features of {length}"):
            worker(np.zeros(length))


def test_a_process_imports_little(corpus, processes, monkeypatch, tmp_path):
    (tmp_path / "imported_in_process.py").write_text(IMPORTED)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("imported_in_process")
    use(monkeypatch, module.heavy_and_process)
    answers = extraction.extract(corpus, corpus.utterances)
    assert {int(heavy) for heavy, _ in answers} == {0}
    computed_by = {int(process) for _, process in answers}
    assert computed_by <= {process.pid for process in processes}


def test_features_do_not_depend_on_where_they_are_computed(
    corpus, processes, tmp_path
):
    alone = extraction.extract(corpus, corpus.utterances, workers=1)
    assert not processes
    seen = []
    together = extraction.extract(
        corpus,
        corpus.utterances,
        cache=tmp_path / "x",
        progress=lambda *now: seen.append(now),
    )
    assert 1 <= len(processes) <= 2
    assert seen == [(n, 5) for n in range(1, 6)]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
    del processes[:]
    extraction.extract(corpus, corpus.utterances, cache=tmp_path / "x")
    assert not processes  # all are in the cache


def test_few_recordings_start_no_process(corpus, monkeypatch):
    monkeypatch.setattr(extraction, "Worker", None)
    assert len(extraction.extract(corpus, corpus.utterances)) == 5


def test_a_dead_process_is_named_with_its_recording(
    corpus, processes, monkeypatch
):
    use(monkeypatch, killed)
    words = r"[0-4]\.wav: .*has died \(exit code -9\).*same command again"
    with pytest.raises(ChildProcessError, match=words):
        extraction.extract(corpus, corpus.utterances)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_no_process_is_left_after_an_interruption(corpus, processes, error):
    def interrupt(done, of):
        raise error

    with pytest.raises(error):
        extraction.extract(corpus, corpus.utterances, progress=interrupt)
    assert all(process.poll() is not None for process in processes)
