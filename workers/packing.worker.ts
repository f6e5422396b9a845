import { serveWorker } from '../ts/core/worker-scope.js'
import { Packer } from '../ts/packing/packer.js'

serveWorker((core) => new Packer(core))
