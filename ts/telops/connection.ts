import { hasCode } from '../errors.js'
import type { Audience, NetworkParts } from '../gige/broadcast.js'
import { GigeCamera, type OpenCameraOptions } from '../gige/camera.js'
import { type DiscoveredCamera, findCameras } from '../gige/discovery.js'
import { hostNetwork } from '../gige/network.js'
import { namesOf, type ReachableCamera, selectCamera } from '../gige/selection.js'
import { streamChannel } from '../gige-vision/bootstrap.js'
import { type Clock, sleep } from '../upload/clock.js'
import { DevicePowerState, FrameRateMode, TestImageSelector } from './enumerations.js'
import { lockedFault, otherCameraFault } from './faults.js'
import { type ReadyOptions, type ReadyProgress, waitUntilReady } from './readiness.js'
import type { RegisterAccess, RegisterPort } from './register-access.js'

/** A camera that another program controls still: what was left by one that was killed ends within seconds. */
export interface LockProgress {
  kind: 'locked'
  /** Address of the host that has it, where the camera tells. */
  holder: string | undefined
  waitedMs: number
}

/** How a Telops camera is opened. */
export interface OpenTelopsOptions
  extends Omit<OpenCameraOptions, 'descriptionFile' | 'genicamWasmUrl'>,
    Omit<ReadyOptions, 'onProgress'> {
  /** Called every second while the camera is held by another program, or not ready. */
  onProgress?: (progress: LockProgress | ReadyProgress) => void
  /** Switch a camera in standby on, and wait until it is cold; default true. Else it is left in standby. */
  powerOn?: boolean
}

/** What cameras of Telops call their manufacturer. */
const MANUFACTURER = 'Telops Inc.'

/** After how long without a word of this host the camera lets go of it, in ms, where nothing else is said. */
const HEARTBEAT_MS = 3000
/** How long a lock may be what a killed process left behind, in ms, and how often to try meanwhile. */
const STALE_LOCK_MS = 15_000
const LOCK_POLL_MS = 1000

/** No limit of its own on the frame rate. */
const NO_LIMIT_HZ = 1e9

/** Whether a camera is one of Telops. */
export function isTelops({ manufacturer }: Pick<DiscoveredCamera, 'manufacturer'>): boolean {
  return manufacturer === MANUFACTURER
}

/** Find a camera by what it is called, or the first one of Telops. */
export async function selectTelops(
  parts: NetworkParts,
  selector: string | undefined,
  options: OpenTelopsOptions,
): Promise<ReachableCamera> {
  const camera = await selectCamera(parts, selector ?? (await anyTelops(parts, options)), options)
  if (isTelops(camera)) return camera
  throw otherCameraFault(camera.address, camera.manufacturer, camera.model)
}

/** A name of the first that answers; undefined where none does. */
async function anyTelops(
  parts: NetworkParts,
  { interfaceIp, discoveryTimeoutMs }: OpenTelopsOptions,
): Promise<string | undefined> {
  const audience: Audience = interfaceIp === undefined ? {} : { interfaces: [interfaceIp] }
  const isIt = (camera: DiscoveredCamera) => camera.reachable && isTelops(camera)
  return nameOfTelops(await findCameras(parts, { timeoutMs: discoveryTimeoutMs, ...audience }, isIt))
}

/** A name of a Telops camera of these, of one in reach if there is any. */
export function nameOfTelops(found: readonly DiscoveredCamera[]): string | undefined {
  const cameras = found.filter(isTelops)
  const near = cameras.find(({ reachable }) => reachable)
  return near?.address ?? (cameras[0] && namesOf(cameras[0])[0])
}

/**
 * Find the camera and take control of it; a lock that a killed process left behind is waited for. Rejects with
 * `telops/locked`, `telops/other-camera`, `stream/aborted`, and as `openCamera` of framewire/gige.
 */
export async function takeControl(
  selector: string | undefined,
  options: OpenTelopsOptions,
  clock: Clock,
): Promise<GigeCamera> {
  const { heartbeatTimeoutMs = HEARTBEAT_MS, reconnect = false, signal, onProgress } = options
  const found = await selectTelops(await hostNetwork(options), selector, options)
  const open = () => GigeCamera.open(found, { ...options, heartbeatTimeoutMs, reconnect })
  return waitForLock(open, clock, { signal, onProgress })
}

/** Open a camera as soon as nobody else controls it. */
export async function waitForLock<T>(
  open: () => Promise<T>,
  clock: Clock,
  { signal, onProgress }: Pick<OpenTelopsOptions, 'signal' | 'onProgress'>,
): Promise<T> {
  const began = clock.now()
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!hasCode(error, 'gige/control-denied')) throw error
      const { address, holder } = error.details
      const waitedMs = clock.now() - began
      if (waitedMs >= STALE_LOCK_MS) throw lockedFault(address, holder, waitedMs, error)
      onProgress?.({ kind: 'locked', holder, waitedMs })
      await sleep(clock, LOCK_POLL_MS, signal)
    }
  }
}

/**
 * Bring a camera whose control was just taken into a known state: what a dead session left behind is stopped; it is
 * waited for until it is ready. One that stays in standby is left at that. Rejects as `waitUntilReady`.
 */
export async function prepare(
  port: RegisterPort,
  registers: RegisterAccess,
  clock: Clock,
  { powerOn = true, ...options }: Pick<OpenTelopsOptions, 'powerOn'> & ReadyOptions = {},
): Promise<void> {
  await registers.execute('AcquisitionStop')
  await port.writeRegister(streamChannel(0).port, 0)
  if (await registers.isSet('DeviceNotReady')) {
    if ((await registers.read('DevicePowerState')) === DevicePowerState.STANDBY) {
      if (!powerOn) return
      await registers.write('DevicePowerStateSetpoint', DevicePowerState.ON)
    }
    await waitUntilReady(registers, clock, options)
  }
  await setDefaults(registers)
}

/** What is set of every camera that has become ready. */
export async function setDefaults(registers: RegisterAccess): Promise<void> {
  await registers.write('BadPixelReplacement', true)
  await registers.write('FrameRateMode', FrameRateMode.FIXED)
  await registers.write('FrameRateMaxFG', NO_LIMIT_HZ)
  await registers.write('TestImageSelector', TestImageSelector.OFF)
}
