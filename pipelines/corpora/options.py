"""Options of a corpus, given as text: which there are, and their types."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pipelines.corpora.base import Corpus
from zoo.common.cli import UsageError

_Corpus = TypeVar("_Corpus", bound=Corpus)
_KINDS = {int: "a whole number", float: "a number", str: "text"}


def check_options(
    corpus: type[Corpus], texts: Mapping[str, str]
) -> dict[str, Any]:
    """Converts options given as text to what the corpus' constructor takes.

    Args:
        corpus: the class of the corpus.
        texts: option to its value as text; a sequence has commas between its
            values.

    Returns:
        Keyword arguments of the constructor, in its order.

    Raises:
        UsageError: the corpus has no such option, or the text is not of the
            option's type.

    Example:
        >>> from pipelines.corpora.mosei import Mosei
        >>> check_options(Mosei, {"fold_seed": "3", "folds": "paper"})
        {'folds': 'paper', 'fold_seed': 3}
    """
    known = corpus.options()
    types = typing.get_type_hints(corpus.__init__)
    values = {}
    for name in texts:
        if name not in known:
            there = f"Known: {', '.join(known)}." if known else "It has none."
            raise UsageError(
                f"corpus {corpus.name} has no option {name}. {there}"
            )
    for name in known:
        if name in texts:
            values[name] = _value(corpus, name, texts[name], types[name])
    return values


def parse_options(pairs: list[str]) -> dict[str, str]:
    """Returns the NAME=VALUE pairs of `--corpus-option` by name.

    Raises:
        UsageError: a pair without a name or a value.
    """
    options = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not (name and sign and value):
            raise UsageError(
                f"--corpus-option must be NAME=VALUE. Received: {pair}"
            )
        options[name] = value
    return options


def option_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Returns the options of a corpus as text, as a command has them.

    Example:
        >>> option_texts({"scale": ["-1", "1"], "fold_seed": 3})
        {'scale': '-1,1', 'fold_seed': '3'}
    """
    return {
        name: ",".join(map(str, value))
        if isinstance(value, (list, tuple))
        else str(value)
        for name, value in values.items()
    }


def check_partial(corpus: type[Corpus]) -> None:
    """Refuses a partial copy of a corpus that has no intact copy.

    Args:
        corpus: the class of the corpus.

    Raises:
        UsageError: it is simulated, or lists one's own recordings.

    Example:
        >>> from pipelines.corpora.emotale import EmoTale
        >>> check_partial(EmoTale)
    """
    if "partial" in inspect.signature(corpus).parameters:
        return
    why = (
        "a simulated corpus is written whole"
        if corpus.simulated
        else "its table lists all that there is"
    )
    raise UsageError(
        f"--partial is for copies that lack files of a published corpus. "
        f"Received: {corpus.name}; {why}. Leave out --partial."
    )


def check_values(corpus: type[Corpus], values: Mapping[str, Any]) -> None:
    """Refuses options that the corpus' constructor refuses.

    Constructors look at their options before their folder. Here it cannot
    exist, nor be made, so that nothing is read or written. A simulated corpus
    is also tried without its simulator, which is the first to miss a folder.

    Args:
        corpus: the class of the corpus.
        values: options by name, as `check_options` returns them.

    Raises:
        UsageError: a value that the corpus refuses.

    Example:
        >>> from pipelines.corpora.mosei import Mosei
        >>> check_values(Mosei, {"folds": "paper"})
    """
    unwritten = type(corpus.__name__, (corpus,), {"write": _write_nothing})
    for constructor in (corpus, unwritten):
        try:
            constructor(Path(__file__) / corpus.name, **values)
        except OSError:
            continue
        except ValueError as error:
            raise UsageError(f"corpus {corpus.name}: {error}") from error


def reopen(corpus: _Corpus, options: Mapping[str, Any]) -> _Corpus:
    """Opens a copy again with other options, as partial where it was.

    Args:
        corpus: the corpus in its folder.
        options: arguments of its class, by name.
    """
    partial = {"partial": True} if corpus.partial else {}
    return type(corpus)(corpus.root, **options, **partial)


def _write_nothing(*arguments: Any, **options: Any) -> None:
    """Stands for the simulator of a corpus."""


def _value(corpus: type[Corpus], name: str, text: str, hint: Any) -> Any:
    """Converts a text to one of the types of a type hint, not to `None`."""
    if typing.get_origin(hint) is None:
        alternatives = (hint,)
    else:
        alternatives = typing.get_args(hint)
    if any(typing.get_origin(kind) is not None for kind in alternatives):
        return tuple(part.strip() for part in text.split(","))
    (kind,) = (kind for kind in alternatives if kind in _KINDS)
    try:
        return kind(text)
    except ValueError:
        raise UsageError(
            f"option {name} of corpus {corpus.name} must be {_KINDS[kind]}. "
            f"Received: {name}={text}"
        ) from None
