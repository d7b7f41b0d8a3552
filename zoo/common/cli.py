"""Exit codes and error messages of the command lines."""

from __future__ import annotations

import ast
import functools
import importlib.util
import pathlib
import sys
from collections.abc import Callable, Sequence

DONE, FAILED, WRONG_USAGE = 0, 1, 2


class UsageError(ValueError):
    """An argument that names something that does not exist."""


def command(
    main: Callable[[Sequence[str] | None], int | None],
) -> Callable[..., int]:
    """Makes a `main` that answers a user's mistake with one sentence.

    Args:
        main: takes the arguments (`None`: those of the process); returns an
            exit code, or `None` for success.

    Returns:
        A function of the same arguments that returns 0 (done), 1 (failed or
        interrupted) or 2 (wrong usage), with the sentence on stderr.

    Example:
        >>> from zoo.common import cli
        >>> @cli.command
        ... def main(argv=None):
        ...     print(f"{len(argv)} arguments")
        >>> main(["a", "b"])
        2 arguments
        0
    """

    @functools.wraps(main)
    def run(argv: Sequence[str] | None = None) -> int:
        try:
            return main(argv) or DONE
        except UsageError as error:
            return _fail(str(error), WRONG_USAGE)
        except KeyboardInterrupt:
            return _fail(
                "interrupted; the same command goes on from here.", FAILED
            )
        except OSError as error:
            return _fail(_os_sentence(error), FAILED)
        except ValueError as error:
            return _fail(str(error), FAILED)

    return run


def print_commands(package: str, commands: Sequence[str]) -> int:
    """Prints a package's commands, each with the first line of its docstring.

    Args:
        package: "tuning" or "serving".
        commands: names of its modules or subpackages.

    Returns:
        The exit code, 0.
    """
    for command in commands:
        print(f"python -m {package}.{command:9} {_summary(package, command)}")
    return DONE


def _summary(package: str, command: str) -> str:
    """Returns the first line of a command's docstring, without importing it."""
    spec = importlib.util.find_spec(f"{package}.{command}")
    if spec is not None and spec.submodule_search_locations:
        spec = importlib.util.find_spec(f"{package}.{command}.__main__")
    if spec is None or spec.origin is None:
        raise ValueError(f"{package} has no command {command!r}.")
    source = pathlib.Path(spec.origin).read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or ""
    return docstring.partition("\n")[0]


def _os_sentence(error: OSError) -> str:
    if error.filename is None or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}."


def _fail(sentence: str, code: int) -> int:
    print(f"error: {' '.join(sentence.split())}", file=sys.stderr)
    return code
