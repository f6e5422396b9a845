"""Unpacks zstd frames with numcodecs (libzstd, which checks a content checksum where there is one).

Argument: JSON list of `{"file": path, "expected": path}`. Prints a JSON list: for each whether what was unpacked equals
the expected bytes, or the words of the error.
"""

import json
import sys
from pathlib import Path

from numcodecs.zstd import Zstd

codec = Zstd()


def verdict(task):
    try:
        return codec.decode(Path(task["file"]).read_bytes()) == Path(task["expected"]).read_bytes()
    except RuntimeError as error:
        return str(error)


print(json.dumps([verdict(task) for task in json.loads(sys.argv[1])]), flush=True)
