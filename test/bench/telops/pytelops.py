"""pyTelops downloads the camera's recording, and says what that took.

Arguments: the camera's address, this host's, how many frames, the packet size, most Mbit/s.
"""

import json
import resource
import sys
import time

from pyTelops import Camera


def cpu_seconds():
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def peak_rss_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


camera, host, frames, packet_size, bitrate = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
camera = Camera(camera, local_ip=host)
camera.connect(timeout=20)
before, began = cpu_seconds(), time.perf_counter()
data = camera.buffer_download(
    sequence=0, n_frames=frames, packet_size=packet_size, bitrate_mbps=bitrate, verbose=False
)
seconds, cpu = time.perf_counter() - began, cpu_seconds() - before
whole = 0 if data is None else len(data)
camera.disconnect()
answer = {"seconds": seconds, "cpuSeconds": cpu, "peakRssBytes": peak_rss_bytes(), "wrong": frames - whole}
print(json.dumps(answer), flush=True)
