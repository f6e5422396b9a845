"""viva-genicam's fake camera until a line comes. Argument: its options as JSON."""

import json
import sys

from viva_genicam.testing import FakeGigeCamera

options = json.loads(sys.argv[1])
options["delay_ack"] = {int(address): s for address, s in options.get("delay_ack", {}).items()}
options["drop_packets"] = [tuple(pair) for pair in options.get("drop_packets", [])]
with FakeGigeCamera(**options):
    print("ready", flush=True)
    sys.stdin.readline()
