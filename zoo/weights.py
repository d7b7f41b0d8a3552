"""Loads packaged weights, and those of a run, a file or a checked download.

Packaged weights are files NAME.weights.h5 in `zoo/weights`, beside NAME.json,
the record of what they were trained on; a model that has weights for
several arguments adds a suffix to NAME, and weights of another corpus add the
name that `weights` of `zoo.get` takes, as in NAME-mmmo. Downloads are kept in
`$ZOO_HOME` (default `~/.cache/emotion-zoo`). Of a file only the numbers are
read: the network is always built by the zoo's own code.
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

from zoo.common.cli import UsageError
from zoo.downloads import SUFFIXES, download, sha256
from zoo.registry import Entry, Weights

PACKAGED = pathlib.Path(__file__).with_name("weights")
DEFAULT = "pretrained"
"""Name of the weights that the arguments alone select."""


def stem(
    entry: Entry, arguments: Mapping[str, Any], name: str = DEFAULT
) -> str:
    """Returns the name, without suffix, of a model's packaged files.

    Args:
        entry: of the model.
        arguments: of its entry point.
        name: of the weights.

    Example:
        >>> from zoo import registry
        >>> entry = registry.entry("mosei_cnn")
        >>> stem(entry, {"modalities": "av"}), stem(entry, {}, "mmmo")
        ('mosei_cnn-av', 'mosei_cnn-mmmo')
    """
    suffix = entry.variant(arguments) if name == DEFAULT else f"-{name}"
    return entry.card.name + suffix


def names(entry: Entry) -> list[str]:
    """Returns the names of a model's packaged weights, sorted.

    Weights for some arguments alone have their suffix for a name.
    """
    model = entry.card.name
    found = [
        path.stem.removeprefix(f"{model}-")
        for path in PACKAGED.glob(f"{model}-*.json")
    ]
    if (PACKAGED / f"{model}.json").exists():
        found.append(DEFAULT)
    return sorted(found)


def packaged(
    entry: Entry, arguments: Mapping[str, Any], name: str = DEFAULT
) -> Weights | None:
    """Returns the record of packaged weights, or `None` without any.

    Args: as of `stem`.
    """
    record = PACKAGED / f"{stem(entry, arguments, name)}.json"
    if not record.exists():
        return None
    return Weights(**json.loads(record.read_text("utf-8")))


def variants(entry: Entry) -> dict[str, dict[str, Any]]:
    """Returns the packaged weights of a model.

    Returns:
        By name: that of the model, or with a suffix; the arguments that
        `zoo.get` takes to load these weights, `weights` among them where they
        have a name of their own.
    """
    name = entry.card.name
    found = {}
    for path in (PACKAGED / f"{name}.json", *PACKAGED.glob(f"{name}-*.json")):
        if path.exists():
            trained = json.loads(path.read_text("utf-8"))["arguments"]
            found[path.stem] = {
                argument: value
                for argument, value in trained.items()
                if entry.variant({argument: value})
            }
            if path.stem != stem(entry, trained):
                own_name = path.stem.removeprefix(f"{name}-")
                found[path.stem] = {"weights": own_name}
    return dict(sorted(found.items()))


def arguments_of(record: Weights, given: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments that packaged weights were trained with.

    Raises:
        ValueError: `given` contradicts them.
    """
    return _merged(record.arguments, given, str(PACKAGED / record.file))


def pretrained(
    entry: Entry, arguments: dict[str, Any], name: str = DEFAULT
) -> keras.Model:
    """Builds a model and loads its packaged weights.

    Args: as of `stem`.

    Raises:
        ValueError: there are none, `arguments` contradict them, or the file
            is not the one that its record names.
    """
    model_name = entry.card.name
    record = packaged(entry, arguments, name)
    if record is None:
        raise ValueError(_absent(entry, stem(entry, arguments, name)))
    path = PACKAGED / record.file
    if not path.exists() or sha256(path) != record.sha256:
        raise ValueError(
            f"{path} is missing or is not the file that its record names "
            f"(sha256 {record.sha256}). Install the package again."
        )
    model = entry.build(**arguments_of(record, arguments))
    if record.simulated:
        warnings.warn(
            f"The weights of {model_name!r} were trained on {record.corpus!r}, "
            "which a program made: for meaningful predictions, train "
            f"yours with `python -m tuning.search {model_name} --data FOLDER`.",
            stacklevel=3,
        )
    return _loaded(model, path)


def _absent(entry: Entry, wanted: str) -> str:
    """Returns what to do where a model has no packaged weights of a stem."""
    model = entry.card.name
    variant = "" if wanted == model else f" {wanted!r}"
    others = [name for name in names(entry) if name != DEFAULT]
    known = f" but {', '.join(map(repr, others))}" if others else ""
    named = f"weights={others[0]!r}, " if others else ""
    return (
        f"{model!r} has no packaged weights{variant}{known}. Pass {named}"
        "weights=None for an untrained model, or weights=FOLDER of a run of "
        f"`python -m tuning.search {model}`."
    )


def load(entry: Entry, source: str, arguments: dict[str, Any]) -> keras.Model:
    """Builds a model and loads weights from a run, a file or an address.

    Args:
        entry: of the model.
        source: a run's folder (holding `config.json` and `model.keras`), a
            `.keras` or `.weights.h5` file, or the `https` address of such a
            file that ends in `#sha256=` and its digest.
        arguments: of the entry point; a run's folder holds its own.

    Raises:
        UsageError: neither a path nor the name of packaged weights.
        ValueError: weights that do not fit or are damaged, or a bad source.
        OSError: no such file, or a failed download.
    """
    if urllib.parse.urlsplit(source).scheme in ("http", "https"):
        return _loaded(entry.build(**arguments), download(source))
    path = pathlib.Path(source)
    if not path.exists():
        raise _not_found(entry, source)
    if path.is_dir():
        arguments = _run_arguments(entry, path, arguments)
        path = path / "model.keras"
    if not path.name.endswith(SUFFIXES) or not path.is_file():
        raise ValueError(
            f"`weights` must end in {' or '.join(SUFFIXES)}, or be a finished "
            f"run's folder. Received: {path}"
        )
    return _loaded(entry.build(**arguments), path)


def _not_found(entry: Entry, source: str) -> Exception:
    """Returns the error of a source that is no path of a file or folder."""
    if not re.fullmatch(r"[\w-]+", source):  # written as a path
        return FileNotFoundError(
            f"`weights` must be a run's folder or a weights file. There is "
            f"no {source}."
        )
    known = ", ".join(map(repr, names(entry))) or "none"
    return UsageError(
        f"There are no packaged weights {source!r} of {entry.card.name!r} "
        f"(there are: {known}), and no folder or file of that name."
    )


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
