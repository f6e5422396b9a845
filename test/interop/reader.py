"""Reads Zarr groups with zarr-python for the tests.

One JSON request a line on standard input, `{"group": path, "into": folder}`; one JSON answer a line: the attributes of
the group and of the groups in it, and for each array (by its path) its chunk shape, its attributes and the .npy file in
`into` that holds its values; or `{"error": ...}`.
"""

import json
import sys
from pathlib import Path

import numpy as np
import zarr


def members(group, prefix=""):
    for name, member in group.members():
        yield f"{prefix}{name}", member
        if isinstance(member, zarr.Group):
            yield from members(member, f"{prefix}{name}/")


def read(request):
    group = zarr.open_group(request["group"], mode="r", zarr_format=3)
    groups = {}
    arrays = {}
    for number, (path, member) in enumerate(members(group)):
        attributes = member.attrs.asdict()
        if isinstance(member, zarr.Group):
            groups[path] = attributes
            continue
        file = Path(request["into"]) / f"{number}.npy"
        np.save(file, member[...])
        chunks = member.shards or member.chunks
        arrays[path] = {"chunks": chunks, "attributes": attributes, "file": str(file)}
    return {"attributes": group.attrs.asdict(), "groups": groups, "arrays": arrays}


for line in sys.stdin:
    try:
        answer = read(json.loads(line))
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
