"""Command-line options that name corpora, and what they ask for."""

from __future__ import annotations

import argparse
import inspect
import pathlib
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines import corpora
from pipelines.corpora import Corpus, joined
from pipelines.corpora.joined import JOINT, SEPARATOR, Joined
from tuning.runs import workspace
from tuning.runs.request import CorpusRequest, request_corpus
from zoo.common import cli

ALIASES = ("folds", "dataset")
"""Options of corpora that have a word of their own on the command line."""


def add(
    parser: argparse.ArgumentParser, default: str = "", several: bool = True
) -> None:
    """Adds `--corpus`, `--data`, and the options of the corpora named.

    Args:
        parser: of the command.
        default: what is taken without `--corpus`; "" for an option that must
            be given.
        several: whether the command joins corpora.
    """
    text = "`python -m pipelines` lists them"
    if several:
        text = (
            f"NAME, or NAME=DIR with the folder of your copy; {text}; may be "
            "repeated, of utterances: all are joined"
        )
    parser.add_argument(
        "--corpus",
        action="append",
        default=[],
        required=not default,
        metavar="NAME[=DIR]",
        help=f"{text} (default: {default})" if default else text,
    )
    parser.add_argument("--data", help="folder of your copy of the corpus")
    parser.add_argument(
        "--partial",
        action="store_true",
        help="read what there is of a copy that lacks files; its figures are "
        "not set beside published ones",
    )
    parser.add_argument(
        "--corpus-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the corpus, such as folds=paper of mosei or "
        "dataset=IEMO_dataset2 of iemocap (of several corpora "
        "iemocap.dataset=IEMO_dataset2); `python -m pipelines NAME` lists "
        "them; may be repeated",
    )
    for name in ALIASES:
        parser.add_argument(
            f"--{name}", help=f"alias of --corpus-option {name}=VALUE"
        )


def texts(arguments: argparse.Namespace) -> dict[str, str]:
    """Returns the texts of the corpora's options; a note names old aliases."""
    aliases = {
        name: value
        for name in ALIASES
        if (value := getattr(arguments, name)) is not None
    }
    for name, value in aliases.items():
        print(
            f"note: --{name} {value} is now --corpus-option {name}={value}.",
            file=sys.stderr,
        )
    return {**aliases, **corpora.parse_options(arguments.corpus_option)}


def request(arguments: argparse.Namespace, default: str = "") -> CorpusRequest:
    """Returns the request of the corpus that is named, or of all joined.

    Args:
        arguments: with what `add` has added.
        default: name of the corpus where none is named.

    Raises:
        UsageError: no such corpus or option, a corpus without its folder, one
            that is named twice, or one that cannot be joined.
    """
    named = [_named(text) for text in arguments.corpus] or [(default, None)]
    options = texts(arguments)
    if len(named) == 1:
        ((name, folder),) = named
        return request_corpus(
            name,
            _one_folder(arguments, folder),
            options,
            partial=arguments.partial,
        )
    if arguments.data is not None:
        raise cli.UsageError(
            "--data is the folder of a single corpus. Received: "
            f"--data {arguments.data} with {len(named)} corpora. Name each "
            "folder with its corpus: --corpus NAME=DIR."
        )
    return join(named, options, arguments.partial)


def single(arguments: argparse.Namespace, default: str = "") -> CorpusRequest:
    """Returns the request of the one corpus that a command takes.

    Args and Raises: as of `request`; several corpora are refused.
    """
    if len(arguments.corpus) > 1:
        raise cli.UsageError(
            "--corpus must be one here. Received: "
            f"{', '.join(arguments.corpus)}"
        )
    return request(arguments, default)


def join(
    named: Sequence[tuple[str, str | None]],
    options: Mapping[str, str],
    partial: bool = False,
) -> CorpusRequest:
    """Returns the request of several corpora as one.

    Args:
        named: name and folder of each; of a simulated one `None`.
        options: texts of their options by "CORPUS.OPTION".
        partial: whether copies of published corpora may lack files.

    Raises:
        UsageError: as of `request`.
    """
    kinds = _kinds(named)
    by_corpus = _by_corpus(options, list(kinds))
    parts = tuple(
        (
            key,
            request_corpus(
                kind.name,
                folder,
                by_corpus[key],
                partial=partial and _can_lack_files(kind),
            ),
        )
        for (key, kind), (_, folder) in zip(kinds.items(), named)
    )
    own = tuple(
        (f"{key}.{name}", value)
        for key, part in parts
        for name, value in part.options
    )
    if partial and not any(part.partial for _, part in parts):
        corpora.check_partial(parts[0][1].kind)
    return CorpusRequest(
        kind=Joined,
        data=None,
        options=own,
        partial=any(part.partial for _, part in parts),
        parts=parts,
    )


def _by_corpus(
    options: Mapping[str, str], names: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Returns the texts of options by "CORPUS.OPTION" as those of corpora."""
    by_corpus: dict[str, dict[str, str]] = {name: {} for name in names}
    for name, value in options.items():
        corpus, _, option = name.rpartition(".")
        if corpus not in by_corpus:
            raise cli.UsageError(
                "Of several corpora, --corpus-option must be "
                f"CORPUS.OPTION=VALUE with one of {', '.join(by_corpus)}. "
                f"Received: {name}={value}"
            )
        by_corpus[corpus][option] = value
    return by_corpus


def _named(text: str) -> tuple[str, str | None]:
    """Returns name and folder of NAME=DIR; `None` without a folder."""
    name, sign, folder = text.partition("=")
    if not name or (sign and not folder):
        raise cli.UsageError(
            f"--corpus must be NAME or NAME=DIR. Received: {text!r}"
        )
    return name, folder or None


def _one_folder(
    arguments: argparse.Namespace, folder: str | None
) -> str | None:
    """Returns the folder of a single corpus, which is named once."""
    if folder is not None and arguments.data is not None:
        raise cli.UsageError(
            f"The folder of a corpus must be named once. Received: {folder} "
            f"in --corpus, and --data {arguments.data}"
        )
    return folder or arguments.data


def _kinds(
    named: Sequence[tuple[str, str | None]],
) -> dict[str, type[Corpus]]:
    """Returns the classes of corpora by the names that they are joined under.

    Where two are read by the same reader of any recordings, such as
    `manifest`, the name of its folder follows: "manifest:mine".
    """
    counts = Counter(name for name, _ in named)
    kinds: dict[str, type[Corpus]] = {}
    for name, folder in named:
        kind = corpora.find(name)
        if folder is None and not kind.simulated:
            raise cli.UsageError(
                "Of several corpora, each must be named with its folder, "
                f"--corpus {name}=DIR. Received: --corpus {name}"
            )
        key = name
        if counts[name] > 1 and not kind.expected and folder is not None:
            own = pathlib.Path(folder).resolve().name.replace(JOINT, "_")
            key = f"{name}{SEPARATOR}{own}"
        if key in kinds:
            raise cli.UsageError(
                "A corpus must be named once, and two that one reader reads "
                "must be in folders of different names. Received: "
                f"{key} twice"
            )
        kinds[key] = kind
    try:
        joined.check_kinds(kinds)
    except ValueError as error:
        raise cli.UsageError(str(error)) from error
    return kinds


def _can_lack_files(kind: type[Corpus]) -> bool:
    """Returns whether there are partial copies of a corpus."""
    return "partial" in inspect.signature(kind).parameters


def stored(
    config: Mapping[str, Any],
    options: Mapping[str, str],
    data: str | None,
    partial: bool,
) -> CorpusRequest:
    """Returns the request of the corpus that a run's config names.

    Args:
        config: of the run, with what `tuning.runs.workspace.source` returns.
        options: texts of options that replace the run's.
        data: another folder of a single corpus, or `None`.
        partial: whether a copy may lack files that the run's had.

    Raises:
        UsageError: a folder for several corpora.
    """
    partial = partial or (data is None and config[workspace.PARTIAL])
    texts = {**corpora.option_texts(config["corpus_options"]), **options}
    folders = config["data"]
    if isinstance(folders, str):
        return request_corpus(
            config["corpus"], data or folders, texts, partial=partial
        )
    if data is not None:
        raise cli.UsageError(
            f"--data is the folder of a single corpus; the run is on "
            f"{config['corpus']}. Name each with --corpus NAME=DIR."
        )
    named = [
        (key.partition(SEPARATOR)[0], folder) for key, folder in folders.items()
    ]
    return join(named, texts, partial)
