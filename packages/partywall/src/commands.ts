import { conversionCommands, type Command } from '@partywall/rls-migrations'

/** Every command of `partywall`. */
export const commands: readonly Command[] = [...conversionCommands]
