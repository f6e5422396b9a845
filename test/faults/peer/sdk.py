"""The service's own SDK as a peer under faults.

Each line of standard input is a job, JSON `{"endpoint", "key", "kind", "initialize": [{...}, ...], "limit", "linger"}`
with `"chunks", "frames", "side", "file"` or, for a series, `"points": [{channel: {"timestamps", "values"}}, ...],
"pointsPerChunk"`. It is done in a process of its own, which lives `linger` seconds longer than its last call, and is
ended after `limit`. The answer is a line of JSON: a list with `{"data_id"?, "error"?, "receipt"?}` for each stream, as
far as it came.
"""

import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import warnings

import numpy as np
from atomscale.streaming import RHEEDStreamer, TimeseriesStreamer

# Between the chunks of a series; far longer than a chunk takes that meets no fault.
PAUSE_S = 1.0


def frames(task, spool):
    streamer = RHEEDStreamer(api_key=task["key"], endpoint=task["endpoint"], spool_dir=spool)
    shape = (task["chunks"], task["frames"], task["side"], task["side"])
    for number, options in enumerate(task["initialize"]):

        def stream(begun):
            data_id = streamer.initialize(fps=1.0, rotations_per_min=0.0, chunk_size=task["frames"], **options)
            begun(data_id)
            movie = np.fromfile(f"{task['file']}-{number}", dtype=np.uint8).reshape(shape)
            for index, chunk in enumerate(movie):
                streamer.push(data_id, index, chunk)
            return streamer.finalize(data_id, drain_timeout_s=task["limit"])

        yield stream


def series(task, _spool):
    streamer = TimeseriesStreamer(
        api_key=task["key"], endpoint=task["endpoint"], points_per_chunk=task["pointsPerChunk"]
    )
    for options in task["initialize"]:

        def stream(begun):
            data_id = streamer.initialize(**options)
            begun(data_id)
            for index, channels in enumerate(task["points"]):
                if len(channels) > 1:
                    streamer.push_multi(data_id, index, channels)
                else:
                    for channel, points in channels.items():
                        streamer.push(data_id, index, channel, points["timestamps"], points["values"])
                time.sleep(PAUSE_S)
            return streamer.finalize(data_id)

        yield stream


def do(task, out):
    """Every stream of a job; what becomes of each is a line."""
    spool = tempfile.mkdtemp(prefix="sdk-spool-")
    for stream in (frames if task["kind"] == "frames" else series)(task, spool):
        told = {}
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                told["receipt"] = stream(lambda data_id: told.update(data_id=data_id))
            except Exception as error:
                told["error"] = f"{type(error).__name__}: {error}"
        if warned:
            told.setdefault("error", str(warned[0].message))
        out.write((json.dumps(told, default=str) + "\n").encode())
        out.flush()
    time.sleep(task["linger"])
    shutil.rmtree(spool, ignore_errors=True)


def within(task):
    """The lines of a job in a process of its own, until it ends or is late."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        with os.fdopen(writer, "wb") as out:
            do(task, out)
        os._exit(0)
    os.close(writer)
    deadline = time.monotonic() + task["limit"]
    text = b""
    while True:
        ready, _, _ = select.select([reader], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        piece = os.read(reader, 65536)
        if not piece:
            break
        text += piece
    os.close(reader)
    os.waitpid(child, 0)
    return [json.loads(line) for line in text.splitlines() if line.endswith(b"}")]


for line in sys.stdin:
    print(json.dumps(within(json.loads(line))), flush=True)
