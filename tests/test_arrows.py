"""Packages import what the plan allows, without circles, and quickly."""

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
start = time.process_time()
import zoo
print(time.process_time() - start)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def is_lazy(node: ast.AST) -> bool:
    """Whether what stands inside is not run when the file is imported."""
    return isinstance(node, (ast.FunctionDef, ast.Lambda))


def is_for_types(node: ast.AST) -> bool:
    """Whether it is a block `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith(
        "TYPE_CHECKING"
    )


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
        if lazily or not (is_lazy(node) or is_for_types(node)):
            yield from imports(node, lazily)


def within(module: str, allowed: set[str]) -> bool:
    """Whether a module is one of those allowed or lies inside one."""
    parts = module.split(".")
    heads = {".".join(parts[: n + 1]) for n in range(len(parts))}
    return bool(heads & allowed)


def module_name(path: pathlib.Path) -> str:
    """The dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def import_graph(room: str, depth: int | None = None) -> dict[str, set[str]]:
    """Which modules of a package each module imports when it is imported.

    Args:
        room: the package.
        depth: parts of a name to keep: 2 makes a graph of the folders and
            files at the package's top; all by default.
    """
    names = {module_name(path): path for path in sources(room)}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        node = ".".join(name.split(".")[:depth])
        edges = graph.setdefault(node, set())
        for imported_name in imports(ast.parse(path.read_text("utf-8")), False):
            parts = imported_name.split(".")
            prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
            target = next((p for p in prefixes if p in names), None)
            if target is not None:
                edges.add(".".join(target.split(".")[:depth]))
        edges.discard(node)
    return graph


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Returns the nodes of one circle in their order; none without any."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return path[path.index(node) :] + [node]
        if node in done:
            return []
        for target in sorted(graph.get(node, ())):
            nodes = visit(target, [*path, node])
            if nodes:
                return nodes
        done.add(node)
        return []

    return next(filter(None, (visit(node, []) for node in sorted(graph))), [])


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


@pytest.mark.parametrize("depth", [None, 2])
@pytest.mark.parametrize("room", sorted(SEEN_FROM))
def test_imports_form_no_circle(room, depth):
    assert circle(import_graph(room, depth)) == []


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


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
        ("if TYPE_CHECKING:\n  import scipy", False, []),
        ("if TYPE_CHECKING:\n  import scipy", True, ["scipy"]),
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
