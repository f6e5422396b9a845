"""Streams chunks of frames with the service's own SDK to the server of a test.

Argument: JSON `{"endpoint", "key", "initialize": {...}, "chunks": [{"file", "index"?, "start"?}, ...], "how": "push" | "run"}`.
After each chunk that was handed over it prints a line and waits for one; the last line is JSON
`{"data_id", "receipt"}`.
"""

import json
import sys

import numpy as np
from atomscale.streaming import RHEEDStreamer

task = json.loads(sys.argv[1])
streamer = RHEEDStreamer(api_key=task["key"], endpoint=task["endpoint"])
data_id = streamer.initialize(**task["initialize"])


def wait(done):
    print(json.dumps({"data_id": data_id, "done": done}), flush=True)
    sys.stdin.readline()


if task["how"] == "run":

    def items():
        for chunk in task["chunks"]:
            yield np.load(chunk["file"]), chunk["start"]

    streamer.run(data_id, items())
else:
    for done, chunk in enumerate(task["chunks"]):
        streamer.push(data_id, chunk["index"], np.load(chunk["file"]), chunk.get("start"))
        wait(done + 1)

receipt = streamer.finalize(data_id)
print(json.dumps({"data_id": data_id, "receipt": receipt}), flush=True)
