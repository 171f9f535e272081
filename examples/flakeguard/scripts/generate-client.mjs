// Generates the Prisma client into `generated/`. Generating needs no schema engine: naming any program as the engine
// keeps Prisma from downloading the real one.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const prismaManifest = createRequire(import.meta.url).resolve('prisma/package.json')
const cli = path.join(path.dirname(prismaManifest), 'build/index.js')

const { status } = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
  cwd: root,
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
  stdio: ['ignore', 'inherit', 'inherit'],
})
process.exitCode = status ?? 1
