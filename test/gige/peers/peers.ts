import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { End, Link } from '../network.js'
import { AS_A_DEVICE, portBound, type Running, type StartOptions } from '../process.js'

/** The interpreter that has the packages of test/interop/requirements.txt, and what they install beside it. */
export const PYTHON = process.env.FRAMEWIRE_PYTHON ?? 'FRAMEWIRE_PYTHON'
export const VIVA_HOST = join(dirname(PYTHON), 'viva-camctl')

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** UDP port of a camera's control channel. */
const GVCP_PORT = 3956

/** Which end of the link it is at, and how it is started; there unless told otherwise. */
type Place = StartOptions & { end?: End }

/** aravis's fake camera. */
export async function aravisCamera(
  link: Link,
  { serial, end = 'there', ...options }: Place & { serial: string },
): Promise<Running> {
  const args = [...AS_A_DEVICE, 'arv-fake-gv-camera-0.8', '-i', link[end], '-s', serial]
  const camera = link.run(end, 'nice', args, options)
  await portBound(camera, GVCP_PORT)
  return camera
}

/** What viva's fake camera is told; the names are its own. */
export interface VivaOptions {
  width?: number
  height?: number
  fps?: number
  /** Block ids, from 1 in each acquisition, and packet ids that are never sent but when asked for again. */
  drop_packets?: [block: number, packet: number][]
  /** Seconds that it takes to acknowledge a command for a register. */
  delay_ack?: Record<number, number>
}

/** viva-genicam's fake camera, there. */
export async function vivaCamera(link: Link, options: VivaOptions = {}): Promise<Running> {
  const given = JSON.stringify({ ...options, bind_ip: link.there })
  const camera = link.run('there', 'nice', [...AS_A_DEVICE, PYTHON, file('viva_camera.py'), given])
  await camera.line(/^ready$/)
  return camera
}

/** A Python script of this folder; there unless told otherwise. */
export function script(
  link: Link,
  name: string,
  args: string[],
  { end = 'there', ...options }: Place = {},
): Running {
  return link.run(end, PYTHON, [file(name), ...args], options)
}
