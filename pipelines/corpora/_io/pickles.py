"""Reads NumPy arrays from pickles that are not trusted, without running code.

Python's `pickle` calls whatever functions a file names. Here the few
instructions that containers of arrays need are followed instead: nothing is
imported, called or built but dictionaries, lists, tuples, texts, numbers and
arrays (`pipelines.corpora._io.pickled_arrays`). Every length is compared with
what the file still holds before it is read. The file is mapped into memory, so
that its arrays take memory only where they are used.

Reference: the instructions are documented in Python's `pickletools`.
"""

from __future__ import annotations

import mmap
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.corpora._io import pickled_arrays
from pipelines.corpora._io.pickled_arrays import Refused
from zoo.common import files

MAX_BYTES = 2**34
"""Of a file: CMU-MOSEI's aligned words take 4 GB."""
MAX_STEPS = 2**22
"""Instructions of a file: a clip with its id takes about ten."""
MAX_COPIED = 2**32
"""Bytes of texts, which are copied into memory."""
_MAX_NAME = 64


def load(path: str | Path) -> Any:
    """Reads a pickle of containers of arrays.

    Args:
        path: the file.

    Returns:
        Dictionaries, lists, tuples, texts, bytes, numbers, and
        `pickled_arrays.Array`s.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is cut, too large, no pickle, or holds anything else.
    """
    path = Path(path)
    files.check_file(path)
    size = path.stat().st_size
    if not 0 < size <= MAX_BYTES:
        raise ValueError(
            f"{path} must be a pickle of at most {MAX_BYTES >> 30} GiB. "
            f"Received: {size} bytes"
        )
    with open(path, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _Machine(memoryview(mapped)).run()
    except (Refused, ValueError, TypeError, LookupError, struct.error) as error:
        reason = error if isinstance(error, Refused) else "it is damaged"
        raise ValueError(
            f"{path} must be a complete pickle of dictionaries of NumPy "
            f"arrays, and no code is run to read it: {reason}. Copy it again, "
            "or save its arrays as such."
        ) from error


class _Machine:
    """Follows the instructions of a pickle.

    Args:
        data: the file's content.
    """

    def __init__(self, data: memoryview):
        self._data = data
        self._place = 0
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._copied = 0

    def run(self) -> Any:
        """Returns the object that the pickle describes."""
        for _ in range(MAX_STEPS):
            code = bytes(self._take(1))
            if code == pickle.STOP:
                return self._stack.pop()
            instruction = _INSTRUCTIONS.get(code)
            if instruction is None:
                raise Refused(f"it has the instruction {code!r}")
            instruction(self)
        raise Refused(f"it has more than {MAX_STEPS} instructions")

    def _take(self, count: int) -> memoryview:
        rest = len(self._data) - self._place
        if count > rest:
            raise Refused(f"it promises {count} bytes where {rest} are left")
        self._place += count
        return self._data[self._place - count : self._place]

    def _number(self, form: str) -> Any:
        (number,) = struct.unpack(form, self._take(struct.calcsize(form)))
        return number

    def _line(self) -> str:
        start = self._data[self._place : self._place + _MAX_NAME]
        length = bytes(start).find(b"\n")
        if length < 0:
            raise Refused("it names something in too many letters")
        return bytes(self._take(length + 1))[:-1].decode("ascii")

    def _copy(self, count: int) -> None:
        self._copied += count
        if self._copied > MAX_COPIED:
            raise Refused(f"its texts take more than {MAX_COPIED >> 30} GiB")

    def skip(self, count: int) -> None:
        """Passes over bytes that say nothing of the content."""
        self._take(count)

    def push(self, value: Any) -> None:
        """Puts a value on the stack."""
        self._stack.append(value)

    def push_number(self, form: str) -> None:
        """Reads a number in a format of `struct`."""
        self.push(self._number(form))

    def push_bytes(self, form: str) -> None:
        """Reads bytes, after their number; they are not copied."""
        self.push(self._take(self._number(form)))

    def push_text(self, form: str) -> None:
        """Reads a text in UTF-8, after its number of bytes."""
        raw = self._take(self._number(form))
        self._copy(len(raw))
        self.push(str(raw, "utf-8", "surrogatepass"))

    def push_string(self) -> None:
        """Reads a short text of Python 2, after its number of bytes."""
        self.push(str(self._take(self._number("<B")), "latin1"))

    def push_long(self) -> None:
        """Reads a whole number of up to 255 bytes."""
        raw = self._take(self._number("<B"))
        self.push(int.from_bytes(raw, "little", signed=True))

    def mark(self) -> None:
        """Begins a sequence."""
        self._marks.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        values, self._stack = self._stack, self._marks.pop()
        return values

    def pop(self) -> None:
        """Drops the last value."""
        self._stack.pop()

    def pop_mark(self) -> None:
        """Drops a sequence."""
        self._since_mark()

    def tuple_since_mark(self) -> None:
        """Makes a tuple of a sequence."""
        self.push(tuple(self._since_mark()))

    def tuple_of(self, count: int) -> None:
        """Makes a tuple of the last values."""
        if len(self._stack) < count:
            raise Refused("it is damaged")
        values = tuple(self._stack[len(self._stack) - count :])
        del self._stack[len(self._stack) - count :]
        self.push(values)

    def append(self, values: list[Any] | None = None) -> None:
        """Adds values, by default the last one, to a list."""
        values = [self._stack.pop()] if values is None else values
        _of_type(self._stack[-1], list).extend(values)

    def appends(self) -> None:
        """Adds a sequence to a list."""
        self.append(self._since_mark())

    def set_item(self) -> None:
        """Adds the last key and value to a dictionary."""
        self.tuple_of(2)
        self._set(list(self._stack.pop()))

    def set_items(self) -> None:
        """Adds keys and values in turn to a dictionary."""
        self._set(self._since_mark())

    def _set(self, values: list[Any]) -> None:
        dictionary = _of_type(self._stack[-1], dict)
        for key, value in zip(values[::2], values[1::2], strict=True):
            # Other keys, such as nested tuples, could exhaust the C stack.
            dictionary[_of_type(key, str)] = value

    def remember(self, form: str | None = None) -> None:
        """Stores the last value under a number, by default the next one."""
        key = len(self._memo) if form is None else self._number(form)
        self._memo[key] = self._stack[-1]

    def recall(self, form: str) -> None:
        """Puts a stored value on the stack."""
        self.push(self._memo[self._number(form)])

    def name(self) -> None:
        """Reads the name of a function, in two lines."""
        self.push(pickled_arrays.named(self._line(), self._line()))

    def name_of_stack(self) -> None:
        """Takes the name of a function from the stack."""
        self.tuple_of(2)
        self.push(pickled_arrays.named(*self._stack.pop()))

    def call(self) -> None:
        """Makes an array, a type or bytes of the arguments for them."""
        self.tuple_of(2)
        function, arguments = self._stack.pop()
        if arguments and isinstance(arguments[0], str):
            self._copy(len(arguments[0]))
        self.push(pickled_arrays.call(function, arguments))

    def build(self) -> None:
        """Sets the content of an array, or the byte order of a type."""
        state = self._stack.pop()
        pickled_arrays.set_state(self._stack[-1], state)


def _of_type(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise Refused(
            f"it has a {type(value).__name__} where a {kind.__name__} is due"
        )
    return value


_Instruction = Callable[[_Machine], None]


def _with(method: Callable[..., None], *arguments: Any) -> _Instruction:
    return lambda machine: method(machine, *arguments)


_M = _Machine
_INSTRUCTIONS: dict[bytes, _Instruction] = {
    pickle.PROTO: _with(_M.skip, 1),
    pickle.FRAME: _with(_M.skip, 8),
    pickle.NONE: _with(_M.push, None),
    pickle.NEWTRUE: _with(_M.push, True),
    pickle.NEWFALSE: _with(_M.push, False),
    pickle.BININT: _with(_M.push_number, "<i"),
    pickle.BININT1: _with(_M.push_number, "<B"),
    pickle.BININT2: _with(_M.push_number, "<H"),
    pickle.LONG1: _M.push_long,
    pickle.BINFLOAT: _with(_M.push_number, ">d"),
    pickle.SHORT_BINBYTES: _with(_M.push_bytes, "<B"),
    pickle.BINBYTES: _with(_M.push_bytes, "<I"),
    pickle.BINBYTES8: _with(_M.push_bytes, "<Q"),
    pickle.BYTEARRAY8: _with(_M.push_bytes, "<Q"),
    pickle.SHORT_BINSTRING: _M.push_string,
    pickle.BINSTRING: _with(_M.push_bytes, "<I"),
    pickle.SHORT_BINUNICODE: _with(_M.push_text, "<B"),
    pickle.BINUNICODE: _with(_M.push_text, "<I"),
    pickle.BINUNICODE8: _with(_M.push_text, "<Q"),
    pickle.EMPTY_TUPLE: _with(_M.push, ()),
    pickle.TUPLE1: _with(_M.tuple_of, 1),
    pickle.TUPLE2: _with(_M.tuple_of, 2),
    pickle.TUPLE3: _with(_M.tuple_of, 3),
    pickle.TUPLE: _M.tuple_since_mark,
    pickle.EMPTY_LIST: lambda machine: machine.push([]),
    pickle.APPEND: _M.append,
    pickle.APPENDS: _M.appends,
    pickle.EMPTY_DICT: lambda machine: machine.push({}),
    pickle.SETITEM: _M.set_item,
    pickle.SETITEMS: _M.set_items,
    pickle.MARK: _M.mark,
    pickle.POP: _M.pop,
    pickle.POP_MARK: _M.pop_mark,
    pickle.MEMOIZE: _M.remember,
    pickle.BINPUT: _with(_M.remember, "<B"),
    pickle.LONG_BINPUT: _with(_M.remember, "<I"),
    pickle.BINGET: _with(_M.recall, "<B"),
    pickle.LONG_BINGET: _with(_M.recall, "<I"),
    pickle.GLOBAL: _M.name,
    pickle.STACK_GLOBAL: _M.name_of_stack,
    pickle.REDUCE: _M.call,
    pickle.BUILD: _M.build,
}
