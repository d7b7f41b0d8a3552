"""Where weights come from, checked before they are used.

Packaged weights lie in `zoo/weights` as NAME.weights.h5 beside NAME.json, the
record of what they were really trained on; a model that has weights for
several arguments adds a suffix to NAME. Downloads are kept in `$ZOO_HOME`
(default `~/.cache/emotion-zoo`). A file gives numbers only: the network is
always built by the zoo's own code.
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
        files = stem(entry, arguments)
        variant = "" if files == name else f" {files!r}"
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
            "which a program made: for answers that mean something, train "
            f"yours with `python -m tuning.search {name} --data FOLDER`.",
            stacklevel=3,
        )
    return _loaded(model, path)


def load(entry: Entry, where: str, arguments: dict[str, Any]) -> keras.Model:
    """Builds a model and loads weights from a run, a file or an address.

    Args:
        entry: of the model.
        where: a run's folder (holding `config.json` and `model.keras`), a
            `.keras` or `.weights.h5` file, or the `https` address of one that
            ends in `#sha256=` and its digest.
        arguments: of the entry point; a run's folder knows its own.
    """
    if urllib.parse.urlsplit(where).scheme in ("http", "https"):
        return _loaded(entry.build(**arguments), download(where))
    path = pathlib.Path(where)
    if not path.exists():
        raise FileNotFoundError(
            f"`weights` must be a run's folder or a weights file. There is "
            f"no {path}."
        )
    if path.is_dir():
        arguments = _of_run(entry, path, arguments)
        path = path / "model.keras"
    if not path.name.endswith(SUFFIXES) or not path.is_file():
        raise ValueError(
            f"`weights` must end in {' or '.join(SUFFIXES)}, or be a finished "
            f"run's folder. Received: {path}"
        )
    return _loaded(entry.build(**arguments), path)


def _of_run(
    entry: Entry, run: pathlib.Path, arguments: dict[str, Any]
) -> dict[str, Any]:
    config = run / "config.json"
    if not config.exists():
        raise ValueError(f"{run} is not a run: it holds no config.json.")
    try:
        known = json.loads(config.read_text("utf-8"))
        model, trained = known["model"], known["arguments"]
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
    trained: dict[str, Any], asked: dict[str, Any], where: str
) -> dict[str, Any]:
    for name, value in asked.items():
        value = json.loads(json.dumps(value))  # a tuple is a list there
        if name not in trained or trained[name] != value:
            raise ValueError(
                f"`{name}` must be as the weights in {where} were trained: "
                f"{name}={trained.get(name, 'its default')!r}. Received: "
                f"{name}={value!r}. Pass weights=None to build another."
            )
    return trained


def _loaded(model: keras.Model, path: pathlib.Path) -> keras.Model:
    try:
        _check_layers(model, path)
        model.load_weights(path)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} does not hold the weights of this {model.name}: {error}"
        ) from error
    return model


def _check_layers(model: keras.Model, path: pathlib.Path) -> None:
    """Refuses a file of other layers than the model's.

    Keras goes by a layer's class and place alone: it takes valence for
    arousal, another network for this one, and the first layers of a deeper
    one, wherever shapes agree.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(folder) / "own.weights.h5"
        model.save_weights(own)
        needed = _layers(own)
    found = _layers(path)
    for place in sorted({*needed, *found}):
        if needed.get(place) != found.get(place):
            raise ValueError(
                f"it holds {found.get(place, 'nothing')} where "
                f"{needed.get(place, 'nothing')} is needed."
            )


def _layers(path: pathlib.Path) -> dict[str, str]:
    """What a weights file holds: by place, the layer's name and the shape.

    Numbers that end names are left out: some are Keras's own counting.
    """
    import h5py  # what Keras writes weights with

    with contextlib.ExitStack() as stack:
        file: Any = path
        if path.suffix == ".keras":
            archive = stack.enter_context(zipfile.ZipFile(path))
            file = stack.enter_context(archive.open("model.weights.h5"))
        layers = stack.enter_context(h5py.File(file)).get("layers", {})
        found = {}

        def note(place: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                name = re.sub(r"_\d+$", "", item.parent.attrs["name"])
                found[place] = f"{name} {item.shape}"

        layers.visititems(note)
    return found


def sha256(path: pathlib.Path) -> str:
    """Hexadecimal digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def download(address: str) -> pathlib.Path:
    """Fetches a weights file once, checks its digest, and keeps it.

    Raises:
        ValueError: not `https`, no digest in the address, too large, or
            other content than the digest says.
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
    kept = home() / digest / name
    if not kept.exists() or sha256(kept) != digest:
        kept.parent.mkdir(parents=True, exist_ok=True)
        _fetch(address.partition("#")[0], digest, kept)
    return kept


def home() -> pathlib.Path:
    """Where downloads are kept: `$ZOO_HOME`."""
    default = pathlib.Path.home() / ".cache" / "emotion-zoo"
    return pathlib.Path(os.environ.get("ZOO_HOME") or default)


def _fetch(address: str, digest: str, kept: pathlib.Path) -> None:
    descriptor, part = tempfile.mkstemp(dir=kept.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            found = _copy(address, file)
        if found != digest:
            raise ValueError(
                f"{address} is not the file expected: its sha256 is {found}, "
                f"not {digest}."
            )
        os.replace(part, kept)
    except BaseException:
        os.unlink(part)
        raise


def _copy(address: str, file: IO[bytes]) -> str:
    """Downloads into an open file and returns the digest of what came."""
    seen, size = hashlib.sha256(), 0
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            while block := answer.read(2**20):
                size += len(block)
                if size > MOST_BYTES:
                    raise ValueError(
                        f"{address} is larger than {MOST_BYTES} bytes."
                    )
                seen.update(block)
                file.write(block)
    except urllib.error.URLError as error:
        raise OSError(
            f"{address} cannot be fetched: {error.reason}."
        ) from error
    return seen.hexdigest()
