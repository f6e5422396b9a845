// Our host here. Argument: what to do as JSON (HostTask of ours.ts); prints what came of it.
import { discover, openCamera } from 'framewire/gige'

const task = JSON.parse(process.argv[2])
const result = { found: [], answers: [], frames: [] }
if (task.discover) result.found = await discover(task.discover)
if (task.open) await withCamera(await openCamera(task.open))
process.stdout.write(
  `${JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? Number(value) : value))}\n`,
)

async function withCamera(camera) {
  try {
    for (const [name, ...args] of task.calls ?? []) result.answers.push(await camera[name](...args))
    for (const name of task.features ?? []) result.answers.push(await (await camera.features()).get(name))
    if (task.acquire) await acquire(camera, task.acquire)
  } finally {
    await camera.close()
  }
}

async function acquire(camera, { frames, ...options }) {
  const acquisition = camera.acquisition(options)
  for await (const frame of acquisition.frames()) {
    const { blockId, shape, dtype, complete } = frame
    result.frames.push({ blockId, shape, dtype, complete })
    frame[Symbol.dispose]()
    if (result.frames.length === frames) break
  }
  result.statistics = await acquisition.stop()
}
