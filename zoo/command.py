"""What every command line of the project shares: exit codes and last words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

DONE, FAILED, WRONG_USAGE = 0, 1, 2


class UsageError(ValueError):
    """An argument that names something that does not exist."""


def run(
    main: Callable[[Sequence[str] | None], int | None],
    argv: Sequence[str] | None = None,
) -> int:
    """Runs a command's `main`; a user's mistake ends in one sentence.

    Args:
        main: takes the arguments (`None`: those of the process), returns an
            exit code or `None` for success.
        argv: arguments to hand on.

    Returns:
        0 done, 1 failed or interrupted, 2 wrong usage.
    """
    try:
        return main(argv) or DONE
    except UsageError as error:
        return _last_words(str(error), WRONG_USAGE)
    except KeyboardInterrupt:
        return _last_words(
            "interrupted; the same command goes on from here.", FAILED
        )
    except OSError as error:
        return _last_words(_os_sentence(error), FAILED)
    except ValueError as error:
        return _last_words(str(error), FAILED)


def _os_sentence(error: OSError) -> str:
    if error.filename is None or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}."


def _last_words(sentence: str, code: int) -> int:
    print(f"error: {' '.join(sentence.split())}", file=sys.stderr)
    return code
