/** Builds and packs every package, and has publint and attw judge what would be published. Ends with 1 on a finding. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packPackages } from './pack-packages.ts'

const bin = join(import.meta.dirname, '../node_modules/.bin')
const directory = mkdtempSync(join(tmpdir(), 'partywall-packed-'))
try {
  for (const { name, tarball } of await packPackages(directory)) {
    const judges = [
      ['publint', 'run', tarball, '--strict'],
      // CommonJS loads the packages by `require(esm)`, which Node has since 22.12 and attw does not count.
      ['attw', tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji'],
    ]
    for (const [command = '', ...args] of judges) {
      const { status, stdout, stderr } = spawnSync(join(bin, command), args, { encoding: 'utf8' })
      console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${command} ${name}`)
      if (status === 0) continue
      console.error(stdout, stderr)
      process.exitCode = 1
    }
  }
} finally {
  rmSync(directory, { recursive: true })
}
