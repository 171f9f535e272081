import type { OpenDefault } from '../../catalog/catalog.ts'
import { quoteIdentifier } from '../../sql/identifier.ts'
import type { Hazard } from '../plan.ts'

/** A table that is made open to PUBLIC is open to the application before anybody put a wall around it. */
export function defaultPrivilegeHazards(defaults: readonly OpenDefault[]): Hazard[] {
  return defaults.map(({ maker, schema, privileges }) => {
    const where = schema === null ? '' : ` in schema ${quoteIdentifier(schema)}`
    const held = privileges.join(', ')
    return {
      id: 'default-privilege',
      severity: 'warning',
      object: `default privileges of ${maker}${schema === null ? '' : ` in ${schema}`}`,
      message: `PUBLIC gets ${held} on each table and view that ${maker} makes, and so does the application, with the rows of every organization. Run: alter default privileges for role ${quoteIdentifier(maker)}${where} revoke ${held.toLowerCase()} on tables from public`,
    }
  })
}
