import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  convertWhole,
  createOwnedDatabase,
  type ConvertedDatabase,
  type OwnedDatabase,
} from '../../test/owned-database.ts'
import { sabotagedSchema } from '../../test/sabotaged-schema.ts'
import { openSession, type OpenSession } from '../database/session.ts'
import { quoteIdentifier } from '../sql/identifier.ts'
import { askRule } from '../verify/catalog-rule.ts'
import { brokenSchemas } from './broken-schemas.fixture.ts'
import { lintDatabase } from './lint-database.ts'
import type { LintFinding } from './lint-report.ts'
import { lintRules } from './lint-rules.ts'
import { findSubject } from './lint-subject.ts'
import { serverVersion } from './rules/server-version.ts'

let database: OwnedDatabase
let converted: ConvertedDatabase
let admin: OpenSession
let before: readonly string[]

/** What other schemas break, in tests of their own below. */
const elsewhere = ['not-converted', 'open-table', 'server-version']

const keyOf = ({ rule, object }: LintFinding): string => `${rule} ${object}`

/** What a rule finds, and found not before. */
async function found(rule: string): Promise<readonly LintFinding[]> {
  const { findings } = await lintDatabase({ session: admin, config: converted.config })
  return findings.filter((one) => one.rule === rule && !before.includes(keyOf(one)))
}

function withNames(sql: string): string {
  const { roles, login } = converted.plan.settings
  const names = {
    APP: roles.app,
    OPERATOR: roles.operator,
    DEFINER: roles.definer,
    OWNER: login,
    DATABASE: database.name,
  }
  return sql.replaceAll(/\$([A-Z]{2,})/g, (word, name: keyof typeof names) =>
    names[name] === undefined ? word : quoteIdentifier(names[name]),
  )
}

/** Nothing can be built concurrently in a transaction. */
const inTransaction = (statement: string): string =>
  statement.replace(/^((?:create|drop) .*?index) concurrently /, '$1 ')

beforeAll(async () => {
  database = await createOwnedDatabase({ text: sabotagedSchema })
  converted = await convertWhole(database, 'enforce', { tables: { shared: ['currencies'] } })
  admin = await openSession({ url: database.adminUrl, applicationName: 'lint' })
  before = (await lintDatabase({ session: admin, config: converted.config })).findings.map(keyOf)
})

afterAll(async () => {
  await admin.close()
  await converted.session.close()
  await database[Symbol.asyncDispose]()
})

describe('the rules of lint', () => {
  it('are broken one by one', () => {
    expect([...Object.keys(brokenSchemas), ...elsewhere].toSorted()).toEqual(
      lintRules.map((rule) => rule.name).toSorted(),
    )
  })

  it.each(Object.entries(brokenSchemas))(
    '%s fires when it is broken, and not when it is mended',
    async (rule, schema) => {
      if (schema.since !== undefined && admin.serverVersion < schema.since * 10_000) return
      await admin.query('begin')
      try {
        await admin.query(
          `set local search_path = public; ${withNames(schema.broken)}; set local search_path = pg_catalog`,
        )
        const findings = await found(rule)
        expect(findings).not.toEqual([])
        for (const finding of findings) expect(finding.detail).not.toBe('')
        const statements = schema.mended === undefined ? findings.flatMap((one) => one.fix) : [schema.mended]
        expect(statements).not.toEqual([])
        for (const statement of statements)
          await admin.query(
            schema.mended === undefined
              ? inTransaction(statement)
              : `set local search_path = public; ${withNames(statement)}; set local search_path = pg_catalog`,
          )
        expect(await found(rule)).toEqual([])
      } finally {
        await admin.query('rollback')
      }
    },
  )

  it('server-version fires on a server with a known defect, and not on the first without', async () => {
    const { context } = await findSubject(admin, converted.config, undefined)
    const on = async (version: number): Promise<number> =>
      (await askRule(admin, serverVersion, { ...context, serverVersion: version })).length
    expect([await on(170005), await on(170006), await on(130021), await on(130022)]).toEqual([1, 0, 1, 0])
  })
})
