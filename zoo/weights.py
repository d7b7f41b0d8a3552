"""Loads packaged weights, and those of a run, a file or a checked download.

Packaged weights are files NAME.weights.h5 in `zoo/weights`, beside NAME.json,
the record of what they were trained on; a model that has weights for
several arguments adds a suffix to NAME. Downloads are kept in `$ZOO_HOME`
(default `~/.cache/emotion-zoo`). Of a file only the numbers are read: the
network is always built by the zoo's own code.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import tempfile
import urllib.parse
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any

import keras

from zoo.downloads import SUFFIXES, download, sha256
from zoo.registry import Entry, Weights

PACKAGED = pathlib.Path(__file__).with_name("weights")


def stem(entry: Entry, arguments: Mapping[str, Any]) -> str:
    """Returns the name, without suffix, of a model's packaged files.

    Args:
        entry: of the model.
        arguments: of its entry point.
    """
    return entry.card.name + entry.variant(arguments)


def packaged(entry: Entry, arguments: Mapping[str, Any]) -> Weights | None:
    """Returns the record of packaged weights, or `None` without any.

    Args: as of `stem`.
    """
    record = PACKAGED / f"{stem(entry, arguments)}.json"
    if not record.exists():
        return None
    return Weights(**json.loads(record.read_text("utf-8")))


def variants(entry: Entry) -> dict[str, dict[str, Any]]:
    """Returns the packaged weights of a model.

    Returns:
        By name: that of the model, or with a suffix; the arguments that
        `zoo.get` takes to load these weights.
    """
    name = entry.card.name
    found = {}
    for path in (PACKAGED / f"{name}.json", *PACKAGED.glob(f"{name}-*.json")):
        if path.exists():
            record = json.loads(path.read_text("utf-8"))
            found[path.stem] = {
                argument: value
                for argument, value in record["arguments"].items()
                if entry.variant({argument: value})
            }
    return dict(sorted(found.items()))


def arguments_of(record: Weights, given: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments that packaged weights were trained with.

    Raises:
        ValueError: `given` contradicts them.
    """
    return _merged(record.arguments, given, str(PACKAGED / record.file))


def pretrained(entry: Entry, arguments: dict[str, Any]) -> keras.Model:
    """Builds a model and loads its packaged weights.

    Raises:
        ValueError: there are none, `arguments` contradict them, or the file
            is not the one that its record names.
    """
    name = entry.card.name
    record = packaged(entry, arguments)
    if record is None:
        full_name = stem(entry, arguments)
        variant = "" if full_name == name else f" {full_name!r}"
        raise ValueError(
            f"{name!r} has no packaged weights{variant}. Pass weights=None for "
            "an untrained model, or weights=FOLDER of a run of "
            f"`python -m tuning.search {name}`."
        )
    path = PACKAGED / record.file
    if not path.exists() or sha256(path) != record.sha256:
        raise ValueError(
            f"{path} is missing or is not the file that its record names "
            f"(sha256 {record.sha256}). Install the package again."
        )
    model = entry.build(**arguments_of(record, arguments))
    if record.simulated:
        warnings.warn(
            f"The weights of {name!r} were trained on {record.corpus!r}, "
            "which a program made: for meaningful predictions, train "
            f"yours with `python -m tuning.search {name} --data FOLDER`.",
            stacklevel=3,
        )
    return _loaded(model, path)


def load(entry: Entry, source: str, arguments: dict[str, Any]) -> keras.Model:
    """Builds a model and loads weights from a run, a file or an address.

    Args:
        entry: of the model.
        source: a run's folder (holding `config.json` and `model.keras`), a
            `.keras` or `.weights.h5` file, or the `https` address of such a
            file that ends in `#sha256=` and its digest.
        arguments: of the entry point; a run's folder holds its own.

    Raises:
        ValueError: weights that do not fit or are damaged, or a bad source.
        OSError: no such file, or a failed download.
    """
    if urllib.parse.urlsplit(source).scheme in ("http", "https"):
        return _loaded(entry.build(**arguments), download(source))
    path = pathlib.Path(source)
    if not path.exists():
        raise FileNotFoundError(
            f"`weights` must be a run's folder or a weights file. There is "
            f"no {path}."
        )
    if path.is_dir():
        arguments = _run_arguments(entry, path, arguments)
        path = path / "model.keras"
    if not path.name.endswith(SUFFIXES) or not path.is_file():
        raise ValueError(
            f"`weights` must end in {' or '.join(SUFFIXES)}, or be a finished "
            f"run's folder. Received: {path}"
        )
    return _loaded(entry.build(**arguments), path)


def _run_arguments(
    entry: Entry, run: pathlib.Path, arguments: dict[str, Any]
) -> dict[str, Any]:
    """Returns the arguments that a run's model was built with."""
    config = run / "config.json"
    if not config.exists():
        raise ValueError(f"{run} is not a run: it holds no config.json.")
    try:
        content = json.loads(config.read_text("utf-8"))
        model, trained = content["model"], content["arguments"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{config} is damaged ({error!r}). Name another run."
        ) from error
    if model != entry.card.name:
        raise ValueError(
            f"{run} is a run of {model!r}, not of {entry.card.name!r}."
        )
    return _merged(trained, arguments, str(run))


def _merged(
    trained: dict[str, Any], given: dict[str, Any], source: str
) -> dict[str, Any]:
    """Returns the arguments of trained weights; refuses others."""
    for name, value in given.items():
        value = json.loads(json.dumps(value))  # a tuple is a list there
        if name not in trained or trained[name] != value:
            raise ValueError(
                f"`{name}` must be as the weights in {source} were trained: "
                f"{name}={trained.get(name, 'its default')!r}. Received: "
                f"{name}={value!r}. Pass weights=None to build another."
            )
    return trained


def _loaded(model: keras.Model, path: pathlib.Path) -> keras.Model:
    """Returns the model with the weights of a file."""
    try:
        _check_layers(model, path)
        model.load_weights(path)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} does not hold the weights of this {model.name}: {error}"
        ) from error
    return model


def _check_layers(model: keras.Model, path: pathlib.Path) -> None:
    """Refuses a file whose layers are not the model's.

    Keras compares only classes and positions of layers: where shapes agree,
    it loads valence into arousal, another network into this one, and the
    first layers of a deeper one.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(folder) / "own.weights.h5"
        model.save_weights(own)
        needed = _layers(own)
    held = _layers(path)
    for position in sorted({*needed, *held}):
        if needed.get(position) != held.get(position):
            raise ValueError(
                f"it holds {held.get(position, 'nothing')} where "
                f"{needed.get(position, 'nothing')} is needed."
            )


def _layers(path: pathlib.Path) -> dict[str, str]:
    """Returns layer name and shape of each array of a file, by its position.

    Numbers at the end of names are left out, since Keras counts layers.
    """
    import h5py  # Keras writes weights with it

    with contextlib.ExitStack() as stack:
        file: Any = path
        if path.suffix == ".keras":
            archive = stack.enter_context(zipfile.ZipFile(path))
            file = stack.enter_context(archive.open("model.weights.h5"))
        layers = stack.enter_context(h5py.File(file)).get("layers", {})
        held = {}

        def add(position: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                name = re.sub(r"_\d+$", "", item.parent.attrs["name"])
                held[position] = f"{name} {item.shape}"

        layers.visititems(add)
    return held
