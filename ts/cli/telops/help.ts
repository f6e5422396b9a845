/** What the help of `framewire telops ...` says after the options. */
export const HELP = {
  telops: `
The camera is under control of one program at a time. One that cools down, or that a killed program left
locked, is waited for; what it waits for is told on stderr.

Examples:
  $ framewire telops info
  $ framewire telops record --sequences 3 --duration 5 --frame-rate 2000 --integration-time 30
  $ framewire telops download -o sequence-0.npy --sequence 0
`,
  info: `
Examples:
  $ framewire telops info
  $ framewire telops info --ip 169.254.10.20 --local-ip 169.254.1.1 --json
`,
  diagnostics: `
Examples:
  $ framewire telops diagnostics --json
`,
  grab: `
Values are temperatures in degC where the camera is calibrated for them (float32), or counts with --raw
(uint16). A .png has counts always. With --count, .npy has one array of (N, H, W), the others are numbered.
Nothing is written over.

Examples:
  $ framewire telops grab -o frame.npy
  $ framewire telops grab -o frame.tif --raw --ip 169.254.10.20 --local-ip 169.254.1.1
`,
  record: `
The buffer is divided anew, and what was recorded is lost. Each sequence is recorded around a moment of
interest: fired from here (software), or a signal at the camera's connector (external), which is waited for.
The network has no part in it: download what was recorded afterwards.

Examples:
  $ framewire telops record --frames 10000
  $ framewire telops record --sequences 3 --duration 5 --frame-rate 2000 --integration-time 30
  $ framewire telops record --frames 5000 --pre-moi 1000 --moi-source external
`,
  download: `
Every frame is proved to be whole, in its order and one period behind the one before. What was lost on the way
is asked for again, and streamed again where that does not help; frames that stay incomplete fail the command
unless --max-dropped allows for them; their missing pixels are NaN, or 0 with --raw. Packet size and bitrate are
found by themselves.

A .npy or .zarr has [frames, height, width], float32 in degC or, with --raw, uint16. A record lies beside the
file (FILE.download) until all frames are there: with --resume a download that was cut off goes on.

Examples:
  $ framewire telops download -o sequence-0.npy
  $ framewire telops download -o sequence-2.zarr --sequence 2 --first 1000 --count 5000
  $ framewire telops download -o sequence-0.npy --bitrate 500 --max-dropped 5 --resume
`,
  clear: `
What was recorded is gone, and so is how the buffer was divided.

Examples:
  $ framewire telops clear
`,
  tune: `
Some frames of what was recorded are downloaded with packets of several sizes and at several bitrates. The
best, without loss first and then the fastest, is told with the line to use it.

Examples:
  $ framewire telops tune
`,
  nuc: `
A correction against a black body takes one in front of the lens; icu is the camera's own.

Examples:
  $ framewire telops nuc --blackbody-temp 25
  $ framewire telops nuc --mode icu
`,
  setup: `
The lines mend what framewire doctor finds of this host: the receive buffer (sysctl), the adapter's MTU, the
firewall. They are shell commands with comments: read them, then pipe them into sh. Nothing is changed here.

Examples:
  $ framewire telops setup
  $ framewire telops setup --local-ip 169.254.1.1 | sh
`,
}
