import { migrations } from '../../generated/migrations.ts'
import { grantsOnControlPlane } from '../../plan/migration-checks.ts'
import type { PlanSettings } from '../../plan/plan.ts'
import type { QualifiedName } from '../../sql/identifier.ts'
import { renderTemplate } from '../../sql/sql-template.ts'

/** A table of the control plane, as its migrations leave it. */
export interface ControlPlaneTable extends QualifiedName {
  /** The column that says whose a row is; null for what no organization owns. */
  readonly tenantColumn: string | null
  readonly firstColumn: string
  readonly policies: readonly string[]
  readonly triggers: readonly string[]
  readonly rowSecurity: boolean
  /** What the application is granted, in capitals. */
  readonly granted: readonly string[]
}

/** Every table of the control plane, read from `migrations/`: a table that comes some day is among them. */
export function controlPlaneTables(settings: PlanSettings): readonly ControlPlaneTable[] {
  const sql = migrations.map(({ up }) => renderTemplate(up, settings)).join('\n')
  const granted = grantsOnControlPlane(sql, settings.roles.app)
  const found = [...sql.matchAll(/create table ("[^"]+")\.(\w+) \(([\s\S]*?)\n\);/g)]
  return found.map(([, , name = '', columns = '']) => {
    const on = String.raw`\s[^;]*?\son "[^"]+"\.${name}\s`
    const names = (what: string): readonly string[] =>
      [...sql.matchAll(new RegExp(String.raw`create ${what} (\w+)${on}`, 'g'))].map(([, one = '']) => one)
    return {
      schema: settings.controlSchema,
      name,
      tenantColumn: name === 'organizations' ? 'id' : /^\s+organization_id /m.test(columns) ? 'organization_id' : null,
      firstColumn: /^\s+(\w+)/.exec(columns)?.[1] ?? '',
      policies: [...sql.matchAll(new RegExp(String.raw`create policy (\w+) on "[^"]+"\.${name}\s`, 'g'))].map(
        ([, one = '']) => one,
      ),
      triggers: names('trigger'),
      rowSecurity: new RegExp(String.raw`alter table "[^"]+"\.${name} enable row level security`).test(sql),
      granted: granted.filter((one) => one.startsWith(`${name} `)).map((one) => one.slice(name.length + 1)),
    }
  })
}
