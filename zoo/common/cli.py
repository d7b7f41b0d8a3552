"""Exit codes and error messages of the command lines."""

from __future__ import annotations

import functools
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


def _os_sentence(error: OSError) -> str:
    if error.filename is None or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}."


def _fail(sentence: str, code: int) -> int:
    print(f"error: {' '.join(sentence.split())}", file=sys.stderr)
    return code
