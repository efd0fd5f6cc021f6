"""Writes dictionaries of numbers as safetensors files, for the scripts that make fixtures.

A few lines of our own instead of the package: fixtures stay the same bytes whatever version is installed. All numbers
become little-endian float32, and the header is padded so that they can be read where the file is mapped.
"""

import json

import numpy as np


def write(path, tensors):
    """tensors: name -> array-like of at most four dimensions."""
    header, parts, at = {}, [], 0
    for name, values in tensors.items():
        data = np.asarray(values, dtype="<f4")
        raw = data.tobytes()
        header[name] = {"dtype": "F32", "shape": list(data.shape), "data_offsets": [at, at + len(raw)]}
        parts.append(raw)
        at += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(parts))
    return 8 + len(text) + at
