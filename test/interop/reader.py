"""Reads Zarr groups with zarr-python for the tests.

One JSON request a line on standard input, `{"group": path, "into": folder}`; one JSON answer a line: for each array
of the group (nested ones by their path) its shape, chunk shape, data type, attributes and the .npy file in `into` that holds its values,
or `{"error": ...}`.
"""

import json
import sys
from pathlib import Path

import numpy as np
import zarr


def arrays(group, prefix=""):
    for name, member in group.members():
        if isinstance(member, zarr.Group):
            yield from arrays(member, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}", member


def read(request):
    group = zarr.open_group(request["group"], mode="r", zarr_format=3)
    answer = {}
    for number, (name, array) in enumerate(arrays(group)):
        file = Path(request["into"]) / f"{number}.npy"
        np.save(file, array[...])
        answer[name] = {
            "shape": array.shape,
            "chunks": array.shards or array.chunks,
            "dtype": str(array.dtype),
            "attributes": array.attrs.asdict(),
            "file": str(file),
        }
    return {"attributes": group.attrs.asdict(), "arrays": answer}


for line in sys.stdin:
    try:
        answer = read(json.loads(line))
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
