/** The frames of the benchmark. */
export const WIDTH = 320
export const HEIGHT = 256
/** As the camera sends one: two header rows on top of 16-bit pixels. */
export const FRAME_BYTES = WIDTH * (HEIGHT + 2) * 2
/** What Gigabit Ethernet carries, all of it image. */
const LINE_RATE_MBPS = 125
/** Headers of IP, UDP and the stream protocol in each packet. */
const HEADER_BYTES = 36

/** MB of IP packets a second with which images come at the line's rate. */
export function bandwidthMBps(packetSize) {
  const packets = Math.ceil(FRAME_BYTES / (packetSize - HEADER_BYTES)) + 2
  return LINE_RATE_MBPS * (1 + (packets * HEADER_BYTES) / FRAME_BYTES)
}
