"""pyTelops as a host. Argument: what to do as JSON; prints what came of it as JSON.

`host`: the address of this end; `camera`: that of the camera; `steps`: lists of a name, an attribute of pyTelops's Camera
and what to do with it: call it with these arguments (an object), read it (null), or set it; `into`: folder for arrays,
each in a file by the name of its step, in place of which there is shape and type in the answer.
"""

import json
import sys
from pathlib import Path

import numpy
from pyTelops import Camera

task = json.loads(sys.argv[1])
into = Path(task["into"])


def done(name, attribute, what):
    if what is None:
        return getattr(camera, attribute)
    if not isinstance(what, dict):
        return setattr(camera, attribute, what)
    result = getattr(camera, attribute)(**what)
    if not isinstance(result, numpy.ndarray):
        return result
    result.tofile(into / name)
    return {"shape": result.shape, "dtype": str(result.dtype)}


answers = {}
camera = Camera(task["camera"], local_ip=task["host"])
camera.connect(timeout=20)
try:
    for name, attribute, what in task["steps"]:
        answers[name] = done(name, attribute, what)
finally:
    camera.disconnect()
print(json.dumps(answers, default=str), flush=True)
