import { serveWorker } from '../ts/core/worker-scope.js'
import { ShardChecker } from '../ts/store/checker.js'

serveWorker((core) => new ShardChecker(core))
