"""Loads packaged weights, and those of a run, a file or a checked download.

Packaged weights are files NAME.weights.h5 in `zoo/weights`, beside NAME.json,
the record of what they were trained on; a model that has weights for
several arguments adds a suffix to NAME. Downloads are kept in `$ZOO_HOME`
(default `~/.cache/emotion-zoo`). Of a file only the numbers are read: the
network is always built by the zoo's own code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pathlib
import re
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import warnings
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import keras

from zoo.common import files
from zoo.registry import Entry, Weights

PACKAGED = pathlib.Path(__file__).with_name("weights")
MOST_BYTES = 2**30
SUFFIXES = (".keras", ".weights.h5")


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
    model = entry.build(**_merged(record.arguments, arguments, str(path)))
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


def sha256(path: pathlib.Path) -> str:
    """Returns the hexadecimal SHA-256 digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def download(address: str) -> pathlib.Path:
    """Downloads a weights file once, checks its digest, and caches it.

    Raises:
        ValueError: not `https`, no digest in the address, too large, or
            content of another digest.
    """
    parts = urllib.parse.urlsplit(address)
    digest = parts.fragment.removeprefix("sha256=").lower()
    name = pathlib.PurePosixPath(parts.path).name
    if parts.scheme != "https" or not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(
            "`weights` from the network must be an https address that ends "
            f"in #sha256= and 64 digits. Received: {address}"
        )
    if not name.endswith(SUFFIXES):
        raise ValueError(
            f"`weights` must end in {' or '.join(SUFFIXES)}. Received: {name}"
        )
    path = home() / digest / name
    if not path.exists() or sha256(path) != digest:
        path.parent.mkdir(parents=True, exist_ok=True)
        _fetch(address.partition("#")[0], digest, path)
    return path


def home() -> pathlib.Path:
    """Returns the folder of downloads: `$ZOO_HOME` or the default."""
    default = pathlib.Path.home() / ".cache" / "emotion-zoo"
    return pathlib.Path(os.environ.get("ZOO_HOME") or default)


def _fetch(address: str, digest: str, path: pathlib.Path) -> None:
    """Downloads a file of a known digest."""
    with files.replacing(path) as part:
        with open(part, "wb") as file:
            received = _copy(address, file)
        if received != digest:
            raise ValueError(
                f"{address} is not the file expected: its sha256 is "
                f"{received}, not {digest}."
            )


def _copy(address: str, file: IO[bytes]) -> str:
    """Downloads into an open file and returns the digest of the content."""
    sha, size = hashlib.sha256(), 0
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            while block := response.read(2**20):
                size += len(block)
                if size > MOST_BYTES:
                    raise ValueError(
                        f"{address} is larger than {MOST_BYTES} bytes."
                    )
                sha.update(block)
                file.write(block)
    except urllib.error.URLError as error:
        raise OSError(
            f"{address} cannot be fetched: {error.reason}."
        ) from error
    return sha.hexdigest()
