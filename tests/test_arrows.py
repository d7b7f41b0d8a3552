"""The rooms of the house see of each other what its plan allows."""

from __future__ import annotations

import ast
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROOMS = {"zoo", "pipelines", "tuning", "serving", "tests"}
SEEN_FROM = {
    "zoo": {"zoo"},
    "pipelines": {"pipelines", "zoo.common", "zoo.frontends"},
    "tuning": {"tuning", "zoo", "pipelines"},
    "serving": {"serving", "zoo", "pipelines.audio", "pipelines.features"},
}
OF_THE_ZOO_AT_IMPORT = {"keras", "numpy", "zoo"} | set(sys.stdlib_module_names)
OF_THE_ZOO_LAZILY = OF_THE_ZOO_AT_IMPORT | {"tensorflow", "h5py"}

MEASURE = """
import sys, time
import keras
start = time.perf_counter()
import zoo
print(time.perf_counter() - start)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def sources(room: str) -> list[pathlib.Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(node: ast.AST) -> Iterator[str]:
    """Modules that one statement imports, `zoo.common` for either form."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            raise ValueError(f"line {node.lineno}: import by the full name")
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(tree: ast.AST, lazily: bool = True) -> Iterator[str]:
    """Modules that a file imports; without `lazily`, when it is imported."""
    for node in ast.iter_child_nodes(tree):
        yield from imported(node)
        if lazily or not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            yield from imports(node, lazily)


def within(module: str, allowed: set[str]) -> bool:
    """Whether a module is one of those allowed or lies inside one."""
    parts = module.split(".")
    heads = {".".join(parts[: n + 1]) for n in range(len(parts))}
    return bool(heads & allowed)


def strays(room: str, lazily: bool, allowed: set[str], of: set[str] | None):
    """What files of a room import and should not, for a readable failure."""
    found = []
    for path in sources(room):
        for module in imports(ast.parse(path.read_text("utf-8")), lazily):
            looked_at = of is None or within(module, of)
            if looked_at and not within(module, allowed):
                found.append(f"{path.relative_to(ROOT)} imports {module}")
    return found


@pytest.mark.parametrize("room", sorted(SEEN_FROM))
def test_no_arrow_runs_back(room):
    assert sources(room)
    assert strays(room, True, SEEN_FROM[room], ROOMS) == []


def test_the_zoo_knows_keras_and_numpy_alone():
    assert strays("zoo", False, OF_THE_ZOO_AT_IMPORT, None) == []
    assert strays("zoo", True, OF_THE_ZOO_LAZILY, None) == []


@pytest.mark.parametrize(
    "line, lazily, expected",
    [
        ("import tuning.search", True, ["tuning.search"]),
        ("from zoo import losses", True, ["zoo.losses"]),
        ("def f():\n  import scipy", True, ["scipy"]),
        ("def f():\n  import scipy", False, []),
        ("try:\n  import scipy\nexcept E: pass", False, ["scipy"]),
        ("class A:\n  import scipy", False, ["scipy"]),
    ],
)
def test_an_import_is_seen_wherever_it_stands(line, lazily, expected):
    assert list(imports(ast.parse(line), lazily)) == expected


def test_an_arrow_ends_where_it_may():
    assert within("zoo.common.cli.UsageError", SEEN_FROM["pipelines"])
    assert within("zoo.frontends", SEEN_FROM["pipelines"])
    assert not within("zoo", SEEN_FROM["pipelines"])
    assert not within("zoo.frontends_of_another", SEEN_FROM["pipelines"])


def test_the_zoo_is_imported_quickly_and_alone():
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, loaded = done.stdout.strip().splitlines()[-2:]
    assert float(seconds) < 0.3
    others = ROOMS - {"zoo"}
    assert not (others | {"soundfile", "keras_tuner"}) & set(loaded.split())
