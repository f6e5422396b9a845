"""The service's own SDK as a peer of the benchmark: streams chunks from memory to the sink.

Argument: JSON `{"file", "frames", "height", "width", "fps", "chunkSize", "endpoint"}`. Each line of standard input,
JSON `{"chunks": N}`, is a round; its answer is a line of JSON.
"""

import json
import resource
import sys
import time

import numpy as np
from atomscale.streaming import RHEEDStreamer

task = json.loads(sys.argv[1])
frames, chunk_size = task["frames"], task["chunkSize"]
shape = (frames, task["height"], task["width"])
movie = np.fromfile(task["file"], dtype=np.uint8).reshape(shape)
# The movie and its beginning again, so that a chunk can start at each of its frames and lie in one piece.
looped = movie[np.arange(frames + chunk_size) % frames]
streamer = RHEEDStreamer(api_key="bench", endpoint=task["endpoint"], verbosity=0)


def cpu_seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def peak_rss():
    # ru_maxrss starts, in a process that was just spawned, at the peak of the process that spawned it.
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


for line in sys.stdin:
    chunks = json.loads(line)["chunks"]
    cpu, start = cpu_seconds(), time.perf_counter()
    data_id = streamer.initialize(fps=task["fps"], rotations_per_min=0.0, chunk_size=chunk_size)
    for k in range(chunks):
        first = (k * chunk_size) % frames
        streamer.push(data_id, k, looped[first : first + chunk_size])
    receipt = streamer.finalize(data_id)
    seconds, cpu = time.perf_counter() - start, cpu_seconds() - cpu
    if receipt["chunks_uploaded"] != chunks:
        raise SystemExit(f"the SDK lost chunks: {receipt}")
    answer = {
        "seconds": seconds,
        "cpuSeconds": cpu,
        "rawBytes": chunks * chunk_size * shape[1] * shape[2],
        "peakRss": peak_rss(),
    }
    print(json.dumps(answer), flush=True)
