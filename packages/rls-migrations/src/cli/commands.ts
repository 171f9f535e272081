import type { Command } from './command.ts'
import { applyCommand } from './commands/apply.ts'
import { initCommand } from './commands/init.ts'
import { installCommand } from './commands/install.ts'
import { lintCommand } from './commands/lint.ts'
import { planCommand } from './commands/plan.ts'
import { reportCommands } from './commands/report.ts'
import { rehearseCommand } from './commands/rehearse.ts'
import { rollbackCommand } from './commands/rollback.ts'
import { sealCommands } from './commands/seal.ts'
import { statusCommand } from './commands/status.ts'
import { verifyCommand } from './commands/verify.ts'

/** The commands of the conversion, in the order in which a host meets them. */
export const conversionCommands: readonly Command[] = [
  rehearseCommand,
  initCommand,
  installCommand,
  planCommand,
  applyCommand,
  verifyCommand,
  lintCommand,
  ...reportCommands,
  statusCommand,
  ...sealCommands,
  rollbackCommand,
]
