import { prepare } from './prepare.mjs'
import { report } from './report.mjs'

await report(prepare())
