import { serveWorker } from '../ts/core/worker-scope.js'
import { Sealer } from '../ts/sealing/sealer.js'
import { memorySink } from '../ts/sealing/sink.js'

serveWorker((core) => new Sealer(core, memorySink(core)))
