import type { Plan } from '../plan/plan.ts'
import { displayName } from '../sql/identifier.ts'
import type { EmittedFile } from './render-files.ts'

/** What the suite imports: this package does not. */
const imported = { core: '@partywall/tenancy-core', testing: '@partywall/testing' } as const

/** A suite for the service's own tests: one for each table that belongs to an organization, to be read and committed. */
export function vitestSuite({ settings, tables }: Plan): EmittedFile {
  const { setting, controlSchema, tenantColumn, seal } = settings
  const options = [
    'pool: { connectionString }',
    ...(setting === 'app.current_tenant_id' ? [] : [`setting: ${quoted(setting)}`]),
    ...(controlSchema === 'partywall' ? [] : [`schema: ${quoted(controlSchema)}`]),
    ...(seal === undefined ? [] : ["seal: { key: process.env['PARTYWALL_SEAL_KEY'] ?? '' }"]),
  ]
  const known = [
    ...(tenantColumn === 'org_id' ? [] : [`tenantColumn: ${quoted(tenantColumn)}`]),
    ...(setting === 'app.current_tenant_id' ? [] : [`setting: ${quoted(setting)}`]),
    ...(controlSchema === 'partywall' ? [] : [`controlSchema: ${quoted(controlSchema)}`]),
  ]
  const tests = tables.tenant.map(displayName).map((table) => {
    const argument = [`tables: [${quoted(table)}]`, ...known].join(', ')
    return `  it(${quoted(`holds in ${table}`)}, () => assertIsolation(tenancy, { ${argument} }))\n`
  })
  return {
    path: 'isolation.test.ts',
    text: `// Written by: partywall verify --emit vitest. A table that comes later gets its line by writing the file again.
import { createTenancy } from '${imported.core}'
import { assertIsolation } from '${imported.testing}'
import { afterAll, describe, it } from 'vitest'

// A test database that is converted, as a login of the application: rows are made there, and taken away again.
const connectionString = process.env['PARTYWALL_APP_URL']
if (connectionString === undefined) throw new Error('PARTYWALL_APP_URL is not set')

const tenancy = createTenancy({ ${options.join(', ')} })

afterAll(() => tenancy.close())

describe('the wall between organizations', () => {
${tests.join('')}})
`,
  }
}

/** A string of the language, whatever is in the name of a table: nothing in it ends the string, or turns the line around. */
function quoted(text: string): string {
  const body = text.replaceAll(/[\\']/g, String.raw`\$&`)
  return `'${body.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16) ?? ''}}`)}'`
}
