/**
 * Installs the control plane into a throwaway database and writes what the catalog says then to
 * `migrations/schema.expected.json`, where a review sees the end state and not only the way there.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startThrowawayDatabase } from '../packages/partywall/src/throwaway-database.ts'
import { applyPlan } from '../packages/rls-migrations/src/apply/apply-plan.ts'
import { readSchemaSnapshot } from '../packages/rls-migrations/src/catalog/schema-snapshot.ts'
import type { PartywallConfig } from '../packages/rls-migrations/src/config/conversion-config.ts'
import { resolveConfig } from '../packages/rls-migrations/src/config/resolve-config.ts'
import { readConversion } from '../packages/rls-migrations/src/conversion.ts'
import { openSession } from '../packages/rls-migrations/src/database/session.ts'

/** The committed end state. */
export const expectedSchemaFile: string = join(import.meta.dirname, '../migrations/schema.expected.json')

/** Every object of an installed control plane by name, with its definition. */
export type ControlPlaneSchema = Readonly<Record<string, string>>

/**
 * Installs the control plane and reads it back, with the names that a configuration or a server chooses replaced by
 * those that stand in the migrations, and without what only some major versions of PostgreSQL say.
 */
export async function installedControlPlane(
  ownerUrl: string,
  config: PartywallConfig = {},
): Promise<ControlPlaneSchema> {
  await using session = await openSession({ url: ownerUrl, applicationName: 'control-plane-schema' })
  const { plan } = await readConversion(session, resolveConfig(config))
  await applyPlan({ session, plan, to: 'install' })
  const { controlSchema, setting, login, roles } = plan.settings
  const names = new Map([
    [login, 'the_owner'],
    [controlSchema, 'partywall'],
    [setting, 'app.current_tenant_id'],
    ...Object.entries(roles).map(([role, name]) => [name, `partywall_${role}`] as const),
  ])
  // The longest first: the name of a role contains the name of the schema.
  const pattern = new RegExp(
    [...names.keys()]
      .toSorted((a, b) => b.length - a.length)
      .map((name) => `(?<!\\w)"?${name.replaceAll(/[^\w]/g, '\\$&')}"?(?!\\w)`)
      .join('|'),
    'g',
  )
  const rename = (text: string): string =>
    text.replace(pattern, (found) => names.get(found.replaceAll('"', '')) ?? found)
  const objects = [...(await readSchemaSnapshot(session))]
    // PostgreSQL 18 lists NOT NULL among the constraints; the columns say it on every version.
    .filter(([object, definition]) => belongs(object, controlSchema) && !definition.startsWith('NOT NULL'))
    // Before 17 a column without a statistics target has the target -1.
    .map(
      ([object, definition]) =>
        [object, object.startsWith('column ') ? definition.replace(/; -1$/, '') : definition] as const,
    )
    .map(([object, definition]) => [rename(object), withSortedPrivileges(rename(definition))] as const)
  return Object.fromEntries(objects.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function belongs(object: string, schema: string): boolean {
  return object.replace(/^\w+ /, '').split(/[.(]/)[0] === schema
}

/** Grantees are sorted by names that were replaced; MAINTAIN exists since PostgreSQL 17. */
function withSortedPrivileges(definition: string): string {
  return definition.replaceAll(/\w+=[A-Z]+\*?(?:,\w+=[A-Z]+\*?)*/g, (list) =>
    list
      .split(',')
      .filter((item) => !item.includes('=MAINTAIN'))
      .toSorted()
      .join(','),
  )
}

if (import.meta.main) {
  await using database = await startThrowawayDatabase()
  const schema = await installedControlPlane(database.ownerUrl)
  writeFileSync(expectedSchemaFile, `${JSON.stringify(schema, null, 2)}\n`)
}
