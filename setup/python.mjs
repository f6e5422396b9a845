import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cache, debian, fingerprint, must, once, root, SetupError, say, which } from './step.mjs'

/**
 * The Python of the interop tests: the service's own SDK, zarr-python and hosts of GigE Vision at pinned versions, in a
 * virtual environment in the cache. Answers its interpreter.
 */
export async function ensurePython() {
  const list = join(root, 'test/interop/requirements.txt')
  const key = fingerprint('test/interop/requirements.txt')
  const folder = join(cache, `python-${key.slice(0, 12)}`)
  const python = join(folder, 'bin/python')
  await once(join(folder, '.framewire-stamp'), key, async () => {
    if (!which('python3')) await debian(['python3', 'python3-venv'], 'The interop tests run peers in Python')
    say('• Installing the Python peers of the interop tests (once)')
    const venv = () =>
      must('python3', ['-m', 'venv', '--clear', folder], { quiet: true, why: 'Making a virtual environment' })
    await venv().catch(async (error) => {
      if (!which('apt-get')) throw error
      await debian(['python3-venv'], 'Virtual environments need a package of their own')
      await venv()
    })
    await must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', list], {
      quiet: true,
      why: 'Installing Python packages',
    })
  })
  if (!existsSync(python)) throw new SetupError(`${python} is missing. Remove ${folder} and start again.`)
  return python
}
