import { readFileSync } from 'node:fs'
import { openTelops, type TelopsCamera } from 'framewire/telops'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTelopsSimulator } from '../../../ts/simulator/telops/simulator.js'
import { loopbackAddress } from '../../gige/loopback.js'
import { WASM } from '../../simulator/host.js'
import { hearingCommands } from '../heard-commands.js'
import { asked, type Difference, difference, parseTraffic, type Traffic } from './traffic.js'

const REFERENCE = parseTraffic(readFileSync(new URL('reference.txt', import.meta.url), 'utf8'))
const DOCUMENT = readFileSync(new URL('../../../docs/telops.md', import.meta.url), 'utf8')

/** The calls of the reference, as ours. */
const CALLS: [name: string, call: (camera: TelopsCamera) => Promise<unknown>][] = [
  ['info', (camera) => camera.info()],
  [
    'state/temperature/diagnostics',
    async (camera) => {
      await camera.state()
      await camera.temperature()
      await camera.diagnostics()
    },
  ],
  [
    'integration_time=10; frame_rate=200',
    async (camera) => {
      await camera.setIntegrationTime(10)
      await camera.setFrameRate(200)
    },
  ],
  [
    'resolution=(64,4) then (320,256); frame_rate=200',
    async (camera) => {
      await camera.setResolution(64, 4)
      await camera.setResolution(320, 256)
      await camera.setFrameRate(200)
    },
  ],
  ['roi_offset=(0,0)', (camera) => camera.setRoiOffset(0, 0)],
  ['grab()', (camera) => camera.grab()],
  ['acquire(100)', (camera) => camera.acquire(100)],
  [
    'acquisition()+5 read_frame',
    async (camera) => {
      const acquisition = camera.acquisition()
      for (let read = 0; read < 5; read++) await acquisition.readFrame()
      await acquisition.stop()
    },
  ],
  [
    'buffer_configure(n_sequences=2, frames_per_seq=100)',
    (camera) => camera.bufferConfigure({ nSequences: 2, framesPerSequence: 100 }),
  ],
  ['buffer_record()', (camera) => camera.bufferRecord()],
  ['buffer_info()', (camera) => camera.bufferInfo()],
  ['buffer_moi_index(0)', (camera) => camera.bufferMoiIndex(0)],
  ['buffer_download() first (auto-tune probe)', (camera) => camera.bufferDownload()],
  ['buffer_download(sequence=1) second', (camera) => camera.bufferDownload({ sequence: 1 })],
  [
    'software_trigger/configure_trigger/sync_time/gev_timestamp_ns/save_config',
    async (camera) => {
      await camera.configureTrigger({ source: 'software' })
      await camera.softwareTrigger()
      await camera.syncTime()
      await camera.gevTimestampNs()
      await camera.saveConfig()
    },
  ],
  ['buffer_clear()', (camera) => camera.bufferClear()],
]

/** What our driver asks, call by call. */
async function ourTraffic(): Promise<Traffic> {
  const traffic: Traffic = new Map()
  let asks: string[] = []
  const begin = (call: string) => {
    asks = []
    traffic.set(call, asks)
  }
  const address = loopbackAddress()
  await using simulator = await createTelopsSimulator({
    address,
    datagrams: hearingCommands((command) => asks.push(...asked(command))),
    files: { wasmUrl: WASM },
  })
  begin('connect()')
  const camera = await openTelops(simulator.address)
  try {
    for (const [name, call] of CALLS) {
      begin(name)
      await call(camera)
    }
    begin('disconnect()')
  } finally {
    await camera.close()
  }
  return traffic
}

/** The differences that the document gives reasons for: rows of call, only there, only here, order, reason. */
function documented(): Map<string, Difference & { reason: string }> {
  const section = DOCUMENT.split(/^## /m).find((part) => part.startsWith('Beside the reference driver'))!
  const asks = (cell: string) => [...cell.matchAll(/`((?:read|write) [^`]+)`/g)].map((match) => match[1]!)
  return new Map(
    [...section.matchAll(/^\| `(.+?)` \| (.*?) \| (.*?) \| (.*?) \| (.*) \|$/gm)].map(
      ([, call, theirs, ours, order, reason]) => [
        call!,
        {
          onlyTheirs: asks(theirs!),
          onlyOurs: asks(ours!),
          reordered: order === 'other',
          reason: reason!,
        },
      ],
    ),
  )
}

describe('what our driver asks of a camera, beside pyTelops', () => {
  let ours: Traffic
  beforeAll(async () => {
    ours = await ourTraffic()
  })

  it('is of the same calls', () => {
    expect([...ours.keys()]).toEqual([...REFERENCE.keys()])
  })

  it.each([...REFERENCE.keys()])('differs by what the document gives reasons for: %s', (call) => {
    const found = difference(REFERENCE.get(call)!, ours.get(call)!)
    const { reason, ...told } = documented().get(call) ?? {
      ...difference([], []),
      reason: '',
    }
    expect(sorted(found)).toEqual(sorted(told))
    const isAlike = found.onlyTheirs.length + found.onlyOurs.length === 0 && !found.reordered
    expect(reason !== '', 'a reason is given where there is a difference').toBe(!isAlike)
  })
})

function sorted({ onlyTheirs, onlyOurs, reordered }: Difference): Difference {
  return { onlyTheirs: onlyTheirs.toSorted(), onlyOurs: onlyOurs.toSorted(), reordered }
}
