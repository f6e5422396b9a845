import { mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { dataIdOf } from '../journal/directory.js'
import { journalsIn } from './journal-place.js'
import { mustBeNew } from './new-file.js'
import { failed, type Outcome, usage } from './outcome.js'
import type { Output } from './output.js'
import type { Recovered } from './recovered.js'
import { recoverFrames } from './recovered-frames.js'
import { recoverSeries } from './recovered-series.js'
import { type Row, table } from './table.js'

/** What the command line says of a recovery. */
export interface RecoverOptions {
  out: string
}

/** `framewire recover`: what a stream's journal holds, with no server at all; the journal stays as it is. */
export async function recover(path: string, { out }: RecoverOptions, output: Output): Promise<Outcome> {
  const kind = /\.(npy|zarr)$/.exec(out)?.[1] as 'npy' | 'zarr' | undefined
  if (!kind) throw usage('--out must end in .npy (the frames alone) or .zarr (a group, gaps marked).')
  await mustBeNew(out)
  const folder = resolve(path)
  const dataId = dataIdOf(basename(folder))
  if (dataId === undefined) throw usage(`${path} is no folder of a journal.`)
  const view = await journalsIn(dirname(folder), output).look(dataId)
  const { session } = view.state
  if (session.kind === 'series' && kind === 'npy')
    throw usage(`the journal of ${dataId} holds channels: they are written to --out FILE.zarr.`)

  const scratch = await mkdtemp(join(dirname(resolve(out)), '.recover-'))
  try {
    const recovered =
      session.kind === 'frames'
        ? await recoverFrames(view, session, { scratch, kind, output })
        : await recoverSeries(view, session, scratch)
    await rename(recovered.path, out)
    return outcome(dataId, out, recovered)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function outcome(
  dataId: string,
  out: string,
  { figures, rows, damaged, storedElsewhere }: Recovered,
): Outcome {
  const value = { dataId, out, ...figures, damaged: damaged.map(({ chunk }) => chunk), storedElsewhere }
  const text = table([
    ['Stream', dataId],
    ...rows,
    ...damaged.map(({ chunk, error }): Row => [`Chunk ${chunk}`, error.message]),
    [
      'Elsewhere',
      storedElsewhere > 0 && `${storedElsewhere} chunks were stored by the service and are not here`,
    ],
    ['Written', out],
  ])
  return damaged[0] ? failed(damaged[0].error, value, text) : { exitCode: 0, value, text }
}
