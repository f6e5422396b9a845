import {
  bridgedMs,
  bytesToBridge,
  GIGABIT_BYTES_PER_SECOND,
  WANTED_RECEIVE_BUFFER_BYTES,
} from '../receive-buffer.js'
import type { Finding } from './finding.js'

/** How long a busy host may leave a socket alone, in ms: with so much room nothing is lost meanwhile. */
const PAUSE_MS = 50

/**
 * Whether the receive buffer that the kernel granted is enough for a stream.
 * @param grantedBytes as `DatagramSocket.receiveBufferBytes` says
 * @param bytesPerSecond rate of the stream; default that of a Gigabit link in full use
 */
export function receiveBufferFinding(
  grantedBytes: number,
  bytesPerSecond = GIGABIT_BYTES_PER_SECOND,
  platform: NodeJS.Platform = process.platform,
): Finding {
  const roomMs = bridgedMs(grantedBytes, bytesPerSecond)
  const neededBytes = bytesToBridge(PAUSE_MS, bytesPerSecond)
  const wantedBytes = Math.max(WANTED_RECEIVE_BUFFER_BYTES, neededBytes)
  const enough = grantedBytes >= neededBytes
  const room = `${size(grantedBytes)} granted, room for ${time(roomMs)} at ${rate(bytesPerSecond)}`
  const fix = enough ? undefined : enlargement(wantedBytes, platform)
  return {
    check: 'receive-buffer',
    subject: 'host',
    level: enough ? 'ok' : 'warning',
    message: enough ? room : `${room}: packets are lost whenever this host is busy for longer`,
    ...(fix && { fix }),
    details: { grantedBytes, neededBytes, wantedBytes, bytesPerSecond, bridgedMs: roomMs },
  }
}

/** The line that lets programs have so large a buffer, now and after a restart where one line can do both. */
function enlargement(bytes: number, platform: NodeJS.Platform): string | undefined {
  if (platform === 'darwin') return `sudo sysctl -w kern.ipc.maxsockbuf=${bytes}`
  if (platform !== 'linux') return undefined
  const file = '/etc/sysctl.d/60-framewire.conf'
  return `echo net.core.rmem_max=${bytes} | sudo tee ${file} && sudo sysctl -p ${file}`
}

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.round(bytes / 2 ** 10)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

function time(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}

function rate(bytesPerSecond: number): string {
  return `${Number((bytesPerSecond / 1e6).toPrecision(3))} MB/s`
}
