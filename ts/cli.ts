#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { main } from './cli/program.js'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

// Who reads our output may go away (a closed terminal, `| head`); a stream under way must go on to its clean end.
for (const out of [process.stdout, process.stderr]) out.on('error', () => {})

process.exitCode = await main(process.argv, version)
