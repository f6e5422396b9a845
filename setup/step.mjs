import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Tools are kept here, outside of the checkout, in folders named after their versions. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'framewire')

/** A step of the set-up that cannot be done; says what the person can do. */
export class SetupError extends Error {}

/** Say what is done and why. Everything goes to stderr, so that results on stdout stay alone. */
export function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Run a command in the checkout; resolves with its exit code. `quiet` shows the output only when it fails. */
export function run(command, args, { env, cwd = root, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['inherit', 'inherit', 'inherit'],
    })
    let output = ''
    child.stdout?.on('data', (data) => (output += data))
    child.stderr?.on('data', (data) => (output += data))
    child.on('error', () => resolve({ code: 127, output }))
    child.on('close', (code, signal) => {
      if (code !== 0 && quiet && quiet !== 'always') process.stderr.write(output)
      resolve({ code: code ?? 128, signal, output })
    })
  })
}

/** Run a command that must succeed; where it does not, stop and name what to run by hand. */
export async function must(command, args, { why, ...options } = {}) {
  const { code, output } = await run(command, args, options)
  if (code !== 0) {
    const byHand = [command, ...args].join(' ')
    throw new SetupError(
      `${why ?? 'This step'} failed (exit code ${code}). Run it by hand to see why:\n\n    ${byHand}\n`,
    )
  }
  return output
}

/** Whether a program is on the PATH; its place. */
export function which(program, path = process.env.PATH ?? '') {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, program)
    if (folder && existsSync(file)) return file
  }
  return undefined
}

/** Hash of files and folders (contents and names), to tell whether a step has to be done again. */
export function fingerprint(...paths) {
  const hash = createHash('sha256')
  const add = (path) => {
    const full = join(root, path)
    if (!existsSync(full)) return
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) {
        if (name !== 'pkg' && name !== 'target' && name !== 'node_modules') add(join(path, name))
      }
    } else hash.update(path).update('\0').update(readFileSync(full))
  }
  for (const path of paths) add(path)
  return hash.digest('hex')
}

/** Whether the stamp file says that a step was done for this `key`. */
export function isDone(stamp, key) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === key
}

/** Do `work` unless the stamp file says that it was done for this `key`. */
export async function once(stamp, key, work) {
  if (isDone(stamp, key)) return false
  await work()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, key)
  return true
}

/** Install Debian packages, where that is possible; else say how. */
export async function debian(packages, why) {
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (!which('apt-get'))
    throw new SetupError(`${why}: install the equivalent of the Debian packages ${packages.join(' ')}.`)
  if (process.getuid?.() !== 0)
    throw new SetupError(`${why}: this needs root once. Run:\n\n    sudo ${command}\n`)
  say(`• ${why}: installing ${packages.join(', ')}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const install = () =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...command.split(' ').slice(1)], {
      env,
      quiet: 'always',
    })
  if ((await install()).code === 0) return
  await must('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'update', '-q'], {
    env,
    quiet: true,
    why: 'Reading the package lists',
  })
  const { code, output } = await install()
  if (code !== 0) {
    process.stderr.write(output)
    throw new SetupError(`Installing packages failed. Run:\n\n    ${command}\n`)
  }
}
