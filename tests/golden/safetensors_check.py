"""Open a file of ours with the real safetensors package and say so if a name, shape, value or metadata is off.

With a second argument, write a file of the package's own there, for our reader.
"""
import sys

import numpy
from safetensors import safe_open
from safetensors.numpy import save_file

expected = {
    "weights": numpy.arange(15, dtype=numpy.float32).reshape(5, 3) / 4,
    "step": numpy.array(7, dtype=numpy.uint64),
    "empty": numpy.zeros((0, 7), dtype=numpy.float32),
    "gr\u00f6\u00dfe": numpy.array([[-1, 2]], dtype=numpy.int64),
    "text": numpy.frombuffer(b"light net", dtype=numpy.uint8),
}

with safe_open(sys.argv[1], "numpy") as file:
    names = [name for name in file.keys() if not name.startswith("__pad_")]
    assert sorted(names) == sorted(expected), names
    for name, value in expected.items():
        found = file.get_tensor(name)
        assert found.dtype == value.dtype and found.shape == value.shape, (name, found.dtype, found.shape)
        assert numpy.array_equal(found, value), (name, found)
    for name in set(file.keys()) - set(names):
        assert not file.get_tensor(name).any(), name
    assert file.metadata()["note"] == 'line\n"quoted" \u20ac', file.metadata()

save_file({"b": numpy.arange(6, dtype=numpy.float64), "a": numpy.array([[1], [2]], dtype=numpy.float32)}, sys.argv[2],
          metadata={"format": "np"})
