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
  const hosted = new Set(settings.root === null ? tables.user : [...tables.tenant, ...tables.user])
  const tests = [...tables.tenant, ...tables.user].map((planned) => {
    const table = displayName(planned)
    const given = hosted.has(planned) ? ['organizations'] : []
    const argument = [`tables: [${quoted(table)}]`, ...given, ...known].join(', ')
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
${hosted.size === 0 ? '' : givenOrganizations}
const tenancy = createTenancy({ ${options.join(', ')} })

afterAll(() => tenancy.close())

describe('the wall between organizations', () => {
${tests.join('')}})
`,
  }
}

/** The application makes neither people nor the rows of a root of the host's own: they are there. */
const givenOrganizations = `
// Two organizations of that database, each with a member whom the other has not: their ids, with a comma between them.
const [one, two] = (process.env['PARTYWALL_ORGANIZATIONS'] ?? '').split(',')
if (!one || !two) throw new Error('PARTYWALL_ORGANIZATIONS is not set')
const organizations = [one, two] as const
`

/** A string of the language, whatever is in the name of a table: nothing in it ends the string, or turns the line around. */
function quoted(text: string): string {
  const body = text.replaceAll(/[\\']/g, String.raw`\$&`)
  return `'${body.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16) ?? ''}}`)}'`
}
