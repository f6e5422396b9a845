"""pyGigEVision as a host. Argument: what to do as JSON; prints what came of it as JSON.

`host`: the address of this end; `camera`: that of the camera; `registers`: pairs of address and value to write before the
acquisition; `start`: the register to start it; `packetSize`; `frames`: how many; `into`: file for their pixels.
"""

import json
import sys

from pyGigEVision import GVSPReceiver, bootstrap, discover

STREAM_PORT, PACKET_SIZE, DESTINATION = 0x0D00, 0x0D04, 0x0D18
HEADERS = 28  # of IP and UDP, which the standard counts and this receiver does not

task = json.loads(sys.argv[1])
found = discover(interface_ip=task["host"], timeout=2)
client, xml = bootstrap(task["camera"])
for address, value in task["registers"]:
    client.write_reg(address, value)
receiver = GVSPReceiver(
    local_ip=task["host"], gvcp_client=client, packet_size=task["packetSize"] - HEADERS
)
receiver.start()
client.write_reg(PACKET_SIZE, task["packetSize"])
client.write_reg(DESTINATION, int.from_bytes(map(int, task["host"].split(".")), "big"))
client.write_reg(STREAM_PORT, receiver.port)
client.write_reg(task["start"], 1)
frames = []
with open(task["into"], "wb") as file:
    while len(frames) < task["frames"]:
        taken = receiver.get_frame_with_info(timeout=5)
        if taken is None:
            break
        image, info = taken
        file.write(image.tobytes())
        frames.append({key: info[key] for key in ("block_id", "width", "height", "complete")})
receiver.stop()
client.disconnect()
answer = {"found": [camera["ip"] for camera in found], "xml": xml.decode(), "frames": frames}
print(json.dumps(answer), flush=True)
