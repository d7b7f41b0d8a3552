"""Runs SavedModels through TensorFlow's C library, without its Python.

It runs in an isolated process (`python -I capi.py`), which imports neither
TensorFlow nor Keras: it opens the shared library of the installed package and
calls it as a C++ server would. Each line of stdin is a JSON object with the
`folder` of a SavedModel, `inputs`, an .npz file of arrays by tensor name, the
names of `fetches`, and `outputs`, the file for their arrays. The answer to it
is a line on stdout: the Python packages that were `imported`, or an `error`.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import json
import pathlib
import sys

import numpy as np

TYPES = {1: "float32", 3: "int32"}
"""TensorFlow's numbers of the types that models of the zoo have."""
FOREIGN = ("tensorflow", "keras", "zoo", "serving")
POINTER, TEXT, INTEGER = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
RESULTS = {
    "TF_NewStatus": POINTER,
    "TF_Message": TEXT,
    "TF_NewSessionOptions": POINTER,
    "TF_NewGraph": POINTER,
    "TF_LoadSessionFromSavedModel": POINTER,
    "TF_GraphOperationByName": POINTER,
    "TF_AllocateTensor": POINTER,
    "TF_TensorData": POINTER,
    "TF_Dim": ctypes.c_int64,
}


class Port(ctypes.Structure):
    """One output of an operation: `TF_Output`."""

    _fields_ = [("operation", POINTER), ("index", INTEGER)]


@functools.cache
def library() -> ctypes.CDLL:
    """The C interface, found without importing the package around it."""
    package = importlib.util.find_spec("tensorflow")
    (folder,) = map(pathlib.Path, package.submodule_search_locations)
    framework, interface = (
        ctypes.CDLL(str(folder / f"libtensorflow_{part}.so.2"), 256)  # global
        for part in ("framework", "cc")
    )
    for name, result in RESULTS.items():
        getattr(interface, name).restype = result
    return interface


class Failures:
    """A `TF_Status`, raised where it is not OK."""

    def __init__(self):
        self.status = POINTER(library().TF_NewStatus())

    def check(self) -> None:
        if library().TF_GetCode(self.status):
            raise RuntimeError(library().TF_Message(self.status).decode())


class Session:
    """A loaded SavedModel."""

    def __init__(self, folder: str):
        failures = Failures()
        self.graph = POINTER(library().TF_NewGraph())
        self.session = POINTER(
            library().TF_LoadSessionFromSavedModel(
                POINTER(library().TF_NewSessionOptions()),
                None,
                folder.encode(),
                (TEXT * 1)(b"serve"),
                1,
                self.graph,
                None,
                failures.status,
            )
        )
        failures.check()

    def port(self, name: str) -> Port:
        operation, _, index = name.partition(":")
        pointer = library().TF_GraphOperationByName(
            self.graph, operation.encode()
        )
        if not pointer:
            raise KeyError(f"no operation {operation}")
        return Port(pointer, int(index))

    def run(self, inputs, fetches: list[str]) -> list[np.ndarray]:
        failures = Failures()
        tensors = (POINTER * len(fetches))()
        library().TF_SessionRun(
            self.session,
            None,
            (Port * len(inputs))(*map(self.port, inputs)),
            (POINTER * len(inputs))(*map(to_tensor, inputs.values())),
            len(inputs),
            (Port * len(fetches))(*map(self.port, fetches)),
            tensors,
            len(fetches),
            None,
            0,
            None,
            failures.status,
        )
        failures.check()
        return [from_tensor(POINTER(tensor)) for tensor in tensors]


def to_tensor(array: np.ndarray) -> int:
    (number,) = (n for n, name in TYPES.items() if name == array.dtype.name)
    array = np.ascontiguousarray(array)
    shape = (ctypes.c_int64 * array.ndim)(*array.shape)
    size = ctypes.c_size_t(array.nbytes)
    tensor = library().TF_AllocateTensor(number, shape, array.ndim, size)
    data = library().TF_TensorData(POINTER(tensor))
    ctypes.memmove(data, array.ctypes.data, array.nbytes)
    return tensor


def from_tensor(tensor: ctypes.c_void_p) -> np.ndarray:
    rank = library().TF_NumDims(tensor)
    shape = [library().TF_Dim(tensor, axis) for axis in range(rank)]
    array = np.empty(shape, TYPES[library().TF_TensorType(tensor)])
    data = library().TF_TensorData(tensor)
    ctypes.memmove(array.ctypes.data, data, array.nbytes)
    return array


def main() -> None:
    load = functools.lru_cache(1)(Session)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            inputs = dict(np.load(request["inputs"]))
            arrays = load(request["folder"]).run(inputs, request["fetches"])
            np.savez(
                request["outputs"], **dict(zip(request["fetches"], arrays))
            )
            answer = {"imported": [x for x in FOREIGN if x in sys.modules]}
        except Exception as error:  # a damaged model can raise anything
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
