import { conversionCommands, type Command } from '@partywall/rls-migrations'
import { membersImportCommand } from './commands/members-import.ts'
import { organizationsCreateCommand } from './commands/organizations-create.ts'

/** Every command of `partywall`. */
export const commands: readonly Command[] = [...conversionCommands, membersImportCommand, organizationsCreateCommand]
