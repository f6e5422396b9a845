"""Streams scalar channels with the service's own SDK to the server of a test.

Argument: JSON `{"endpoint", "key", "points_per_chunk", "initialize": {...}, "calls": [[method, args, kwargs], ...]}`;
`run` takes a list where the SDK takes an iterable. The last line is JSON `{"data_id"}`.
"""

import json
import sys

from atomscale.streaming import TimeseriesStreamer

task = json.loads(sys.argv[1])
streamer = TimeseriesStreamer(
    api_key=task["key"], endpoint=task["endpoint"], points_per_chunk=task["points_per_chunk"]
)
data_id = streamer.initialize(**task["initialize"])
for method, args, kwargs in task["calls"]:
    if method == "run":
        channel, items = args
        args = [channel, ((times, values) for times, values in items)]
    getattr(streamer, method)(data_id, *args, **kwargs)
streamer.finalize(data_id)
print(json.dumps({"data_id": data_id}), flush=True)
