#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { runCli } from '@partywall/rls-migrations'
import { commands } from './commands.ts'
import { processIo } from './process-io.ts'
import { startThrowawayDatabase } from './throwaway-database.ts'

// The sources and the build stand at the same depth.
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  commands,
  io: processIo(),
  ports: { startThrowawayDatabase },
  version: manifest.version,
})
