import { serveWorker } from '../ts/core/worker-scope.js'
import { ShardChecker } from '../ts/server/checker.js'

serveWorker((core) => new ShardChecker(core))
