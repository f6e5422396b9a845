"""pyGigEVision as a receiver: starts the camera, counts its images until a line comes, then says how many were whole.

Arguments: the camera's address, this host's, the packet size.
"""

import json
import sys
import threading

from pyGigEVision import GVCPClient, GVSPReceiver

STREAM_PORT, PACKET_SIZE, DESTINATION, ACQUISITION = 0x0D00, 0x0D04, 0x0D18, 0xA010
HEADERS = 28  # of IP and UDP, which the standard counts and this receiver does not

camera, host, packet_size = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = GVCPClient(camera)
client.connect()
receiver = GVSPReceiver(local_ip=host, gvcp_client=client, packet_size=packet_size - HEADERS)
receiver.start()
client.write_reg(PACKET_SIZE, 0x40000000 | packet_size)
client.write_reg(DESTINATION, int.from_bytes(map(int, host.split(".")), "big"))
client.write_reg(STREAM_PORT, receiver.port)
client.write_reg(ACQUISITION, 1)

ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
counts = {"whole": 0, "damaged": 0}
while not ended.is_set():
    taken = receiver.get_frame_with_info(timeout=0.2)
    if taken is not None:
        counts["whole" if taken[1]["complete"] else "damaged"] += 1
receiver.stop()
client.write_reg(ACQUISITION, 0)
client.disconnect()
print(json.dumps(counts), flush=True)
