#!/usr/bin/env node
import { runCli } from '@partywall/rls-migrations'
import { commands } from './commands.ts'
import { processIo } from './process-io.ts'
import { startThrowawayDatabase } from './throwaway-database.ts'

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  commands,
  io: processIo(),
  ports: { startThrowawayDatabase },
})
