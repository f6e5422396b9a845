/** What the help says after the options. */
export const HELP = {
  framewire: `
Examples:
  $ framewire serve --store ./growths
  $ framewire stream growth.npy --fps 20 --endpoint http://127.0.0.1:8720
  $ framewire verify ./growths/3f2a... --against growth.npy
  $ framewire doctor

Exit codes: 0 done, 1 failed, 2 usage; 130 (Ctrl-C), 143 (SIGTERM), 129 (SIGHUP) interrupted after a
clean end.
Results go to stdout, everything else to stderr.
`,
  stream: `
Several files become one stream each, one after another; all are opened and checked before the first
is sent, and the first that fails ends the command. With --name they are called "NAME (FILE)".

Frames are read as they are sent, so a recording may be larger than memory. 16-bit frames need --scale,
colour needs --gray: nothing is cut in silence. Chunks are kept in a journal until they are stored.
Ctrl-C stops reading: framewire resume sends what was taken, reads the rest of the file, and ends the
stream. With --no-journal Ctrl-C waits until all that was taken is stored, and ends the stream there. A
second Ctrl-C ends at once.

With --keep the journal stays as a folder of the same form as the server's, which framewire verify and
info read; its path is printed last.

Examples:
  $ framewire stream growth.npy --fps 20 --rpm 15 --name "Growth 001" --sample GaN-001
  $ framewire stream shots/ --fps 4 --gray luma --pace none --endpoint http://127.0.0.1:8720
  $ framewire stream camera.raw --fps 8 --shape 1038,1388 --dtype '>u2' --scale 0:4095
  $ framewire stream *.npy --fps 20 --pace none --keep --json > receipts.json
`,
  record: `
Frames go from the camera straight to the packing workers, so a busy machine loses none as far as memory
reaches. What is lost all the same is counted by its place: the camera (ids left out), the wire (packets
that never came), the kernel (its receive buffer was full), the app (memory was used up: the service or
the disk is slower than the camera). It is printed, and in the receipt, with the gaps and the time of each
frame.

With --stream chunks are kept in a journal until they are stored, and framewire resume sends what a crash
or a cut left behind. --out FILE.zarr writes what a service would store: 8-bit frames, their times, what is
missing; FILE.npy the frames that came, one after another, with all their bits. Ctrl-C stops the camera and
ends the recording with what is there.

Examples:
  $ framewire record --camera SN-7 --stream --fps 120 --scale 0:4095 --sample GaN-001
  $ framewire record --out growth.zarr --seconds 60
  $ framewire record --camera 192.168.5.2 --out burst.npy --frames 500 --set ExposureTime=2000
`,
  resume: `
After a crash, a power cut, Ctrl-C or a cut network: the server is asked what it holds, where it can
tell, and is sent the rest. Where a file was being streamed, what was not read of it is read now, each
chunk with the capture time that it would have had, and the stream is ended.

A file that is gone, or has changed since (size, time of change), is not read: what the journal has of it
is sent, the stream is not ended, and the command fails; --end ends it as it is. Streams that another
program feeds are not ended either, as more may come, but with --end.

What could not be stored stays in the journal, and the command fails; the other streams are resumed all
the same.

Examples:
  $ framewire resume
  $ framewire resume /data/journal --end --json
`,
  recover: `
Every chunk is decoded and checked; one that is damaged is named and left out, and the command fails.
Frames that were not packed yet are packed. The journal stays as it is. Chunks that the service has
stored are there and not in it. A .zarr has each frame at its place, and an array "present" that tells
gaps from black frames; a .npy has the frames that are here, one after another. Channels of an
instrument are written to a .zarr, a group a channel.

Examples:
  $ framewire recover ~/.local/share/framewire/journal/3f2a... --out growth.npy
  $ framewire recover /data/journal/3f2a... --out growth.zarr
`,
  journal: `
A stream that was kept (framewire stream --keep) is a local store when it is whole: ls and show say so,
verify and framewire resume pass it over, and rm takes it away with --force alone.

Examples:
  $ framewire journal ls
  $ framewire journal show 3f2a...
  $ framewire journal verify --journal /data/journal
  $ framewire journal rm 3f2a... --force
`,
  serve: `
The address is printed when the server is ready, and a key that was made up. Ctrl-C or SIGTERM ends
it after the requests under way, with exit code 0. Each stream is a Zarr v3 group at STORE/ID/frames.zarr.

Examples:
  $ framewire serve
  $ FRAMEWIRE_API_KEY=secret framewire serve --host 0.0.0.0 --port 8720 --store /data/growths
  $ framewire serve --port 0 --no-auth --json
`,
  verify: `
Every shard is decoded: checksums, sizes, and that it is the one that was received. Frames that never
came are counted as absent. With --against, every frame of the recording must be there and be equal;
where the recording is not 8-bit gray, state the --scale and --gray that it was streamed with (in place
of "measured", the range that the receipt names).

Of channels, the log's checksums are proved, and every point of the arrays with the log. What a crash
cut short at the log's end was never answered, and is no damage.

With --receipt, every chunk that the receipt calls stored must be there: frames with the bytes that its
SHA-256 tells, channels with as many points. No service is asked.

Examples:
  $ framewire verify ./framewire-store/3f2a...
  $ framewire verify ./framewire-store/3f2a... --against growth.npy --receipt receipts.json
  $ framewire verify ./framewire-store/3f2a... --against camera.raw --shape 1038,1388 --dtype '>u2' --scale 0:4095
`,
  info: `
Examples:
  $ framewire info growth.npy
  $ framewire info camera.raw --shape 1038,1388 --dtype '>u2'
  $ framewire info ./framewire-store/3f2a... --json
  $ framewire info --camera TEL-0042
`,
  discover: `
Cameras are asked by broadcast on every interface but loopback. One that is out of reach has an address in
another subnet than its interface: framewire doctor has the line that gives it another one.

Examples:
  $ framewire discover
  $ framewire discover --address 10.0.7.20 --json
`,
  doctor: `
Looked at are this host (native part, receive buffer, clocks, adapters in one subnet), the adapters that
lead to cameras (kind, speed, MTU), and each camera: subnet, route, who controls it, packet sizes that get
through, and whether a frame arrives. A camera that nobody controls is controlled for a few seconds, and is
left as it was. Lines that begin with $ mend what stands above them; nothing is changed without you.

Run it as root to have the firewall named. It fails where an acquisition would.

Examples:
  $ framewire doctor
  $ framewire doctor --camera TEL-0042 --json
`,
  grab: `
Values are written as they come: 12-bit values look dark in a 16-bit .png or .tif. With --count, .npy has one
array of (N, H, W), the others are numbered: shot-00.png and on. Nothing is written over. When frames stop
coming, those that came are written, and the command fails.

Examples:
  $ framewire grab -o shot.png
  $ framewire grab --camera TEL-0042 -o growth.npy --count 100
  $ framewire grab -o shot.tif --set ExposureTime=5000 --set PixelFormat=Mono12
`,
  forceIp: `
For a camera that framewire discover shows out of reach; framewire doctor has this line ready. The address is
gone when the camera is switched off: where it has a persistent one, set that as a feature
(GevPersistentIPAddress).

Examples:
  $ framewire force-ip 00:07:48:1a:2b:3c 192.168.5.20
  $ framewire force-ip 00:07:48:1a:2b:3c 169.254.7.7 --netmask 255.255.0.0 --interface eth1
`,
  features: `
Names are the camera's own, of its GenICam description. get prints one value alone, of several NAME=VALUE, as
set takes it. set answers what the camera made of the value; registers are in hex.

Examples:
  $ framewire features list
  $ framewire features list AcquisitionControl --camera TEL-0042
  $ framewire features get Width Height PixelFormat
  $ framewire features set ExposureTime=5000 Gain=2
`,
  simulate: `
Any host finds, controls and receives from it as from a real camera. Every pixel of the pattern states frame,
row and column, so that a host can prove what it received. Faults are drawn from the seed: the same seed,
the same faults.

Faults: loss, burstRate with burstPackets, reorderPackets, duplicate, damage, alter, resendLoss,
resendWrong, muteAfterFrames, skipEvery, jitterMs, resendDelayMs, ackLoss, slow with slowMs, pendingAck,
controlDenied, clockDriftPpm, restartAfterMs.

Examples:
  $ framewire simulate gige --ip 127.0.0.1
  $ framewire simulate gige --ip 192.168.5.1 --fps 100 --size 1024x1024 --loss 0.01 --seed 7
  $ framewire simulate gige --ip 127.0.0.2 --source growth.npy --fault duplicate=0.05 --record sent.jsonl
`,
  simulateTelops: `
Frames have header rows as those of a real camera have, and counts that state frame, row and column. Its buffer
records sequences of any length without taking memory, and sends them as often as it is asked to.

Faults: those of \`framewire simulate gige\`, genericError with genericErrorMs, lateStopMs, staleBuffer.

Examples:
  $ framewire simulate telops --ip 127.0.0.1
  $ framewire simulate telops --ip 192.168.5.1 --rate 125 --loss 0.001 --seed 7 --cooling 10
`,
}
