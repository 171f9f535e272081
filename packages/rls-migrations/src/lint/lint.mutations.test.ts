import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  convertWhole,
  createOwnedDatabase,
  type ConvertedDatabase,
  type OwnedDatabase,
} from '../../test/owned-database.ts'
import { sabotagedSchema } from '../../test/sabotaged-schema.ts'
import { openSession, type OpenSession } from '../database/session.ts'
import type { Mutation } from '../verify/mutations/mutation.ts'
import { readMutations } from '../verify/mutations/mutate-database.ts'
import { lintDatabase } from './lint-database.ts'
import type { LintFinding } from './lint-report.ts'

let database: OwnedDatabase
let converted: ConvertedDatabase
let admin: OpenSession
const outcomes: {
  mutation: Mutation
  found: readonly LintFinding[]
  /** Statements that the server did not take. */
  refused: readonly string[]
  left: readonly LintFinding[]
}[] = []

/** What a query of the catalog cannot tell from an honest object: its owner is bound, and what it does is in its text. */
const unseen = ['function-that-hops']

async function lint(): Promise<readonly LintFinding[]> {
  const { findings } = await lintDatabase({ session: admin, config: converted.config })
  return findings.filter((one) => one.severity !== 'info')
}

/** The statement in a transaction, where nothing can be built concurrently. */
const inTransaction = (statement: string): string =>
  statement.replace(/^((?:create|drop) .*?index) concurrently /, '$1 ')

async function runFixes(findings: readonly LintFinding[]): Promise<readonly string[]> {
  const refused: string[] = []
  for (const statement of findings.flatMap((one) => one.fix)) {
    await admin.query('savepoint fix')
    try {
      await admin.query(inTransaction(statement))
    } catch (error) {
      refused.push(`${statement}: ${String(error)}`)
      await admin.query('rollback to fix')
    }
  }
  return refused
}

async function attempt(mutation: Mutation): Promise<void> {
  await admin.query('begin')
  try {
    for (const statement of mutation.statements) await admin.query(statement)
    const found = await lint()
    const refused = [...(await runFixes(found))]
    // A second look: what one statement was waiting for, another one has made.
    const seen = await lint()
    refused.push(...(await runFixes(seen)))
    // What remains of a table that was closed is that nobody has planned it.
    const left = (await lint()).filter((one) => one.rule !== 'new-table')
    outcomes.push({ mutation, found, refused, left })
  } finally {
    await admin.query('rollback')
  }
}

beforeAll(async () => {
  database = await createOwnedDatabase({ text: sabotagedSchema })
  converted = await convertWhole(database, 'enforce', { tables: { shared: ['currencies'] } })
  admin = await openSession({ url: database.adminUrl, applicationName: 'lint' })
  const { mutations } = await readMutations({ session: admin, plan: converted.plan, phase: 'enforce' })
  for (const mutation of mutations) await attempt(mutation)
})

afterAll(async () => {
  await admin.close()
  await converted.session.close()
  await database[Symbol.asyncDispose]()
})

const name = ({ kind, table }: Mutation): string => `${kind} ${table}`

describe('lint under sabotage', () => {
  it('finds nothing before any', async () => {
    expect(await lint()).toEqual([])
  })

  it('finds every sabotage that the catalog shows', () => {
    const missed = outcomes.filter(({ found }) => found.length === 0).map(({ mutation }) => mutation)
    const share = `${outcomes.length - missed.length} of ${outcomes.length} sabotages found by lint`
    process.stdout.write(`${share}\n`)
    expect(missed.filter(({ kind }) => !unseen.includes(kind)).map(name)).toEqual([])
    expect(outcomes.length).toBeGreaterThan(150)
  })

  it('prints statements that end each, and that the server takes', () => {
    expect(outcomes.flatMap(({ mutation, refused }) => refused.map((one) => `${name(mutation)}: ${one}`))).toEqual([])
    const unfixed = outcomes.filter(({ found, left }) => found.length > 0 && left.length > 0)
    expect(
      unfixed.map(
        ({ mutation, left }) => `${name(mutation)}: ${left.map((one) => `${one.rule} ${one.object}`).join(', ')}`,
      ),
    ).toEqual([])
  })
})
