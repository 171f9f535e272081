import { quoteIdentifier, quoteLiteral } from './identifier.ts'
import type { PlanSettings } from '../plan/plan.ts'

/**
 * Fills the placeholders of a migration. A placeholder is a comment before the value that stands in the file, so that
 * the file is valid SQL as it is.
 */
export function renderTemplate(
  sql: string,
  settings: Pick<PlanSettings, 'controlSchema' | 'keyType' | 'setting' | 'roles' | 'root'>,
): string {
  // Only the host makes rows of a root of its own.
  const drawn = sql.replace(/\/\* NEW KEY \*\/(\w+\.\w+\(\))/g, settings.root === null ? '$1' : 'null')
  return drawn.replace(
    /\/\* (SCHEMA|KEY|SETTING|ROLE (app|operator|definer|migrator)) \*\/('[^']*'|\w+)/g,
    (_whole, word: string, role?: string) => {
      if (word === 'SCHEMA') return quoteIdentifier(settings.controlSchema)
      if (word === 'KEY') return settings.keyType
      if (word === 'SETTING') return quoteLiteral(settings.setting)
      return quoteIdentifier(settings.roles[role as keyof PlanSettings['roles']])
    },
  )
}
