import { report } from './report.mjs'
import { buildShim } from './shim.mjs'

await report(buildShim())
