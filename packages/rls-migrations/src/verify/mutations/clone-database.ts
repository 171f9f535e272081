import { createReadStream } from 'node:fs'
import { TenancyError } from '@partywall/tenancy-core'
import { hashPlan } from '../../apply/journal.ts'
import { openSession, type OpenSession } from '../../database/session.ts'
import { StatementSplitter } from '../../dump/statement-splitter.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Phase } from '../../plan/step.ts'
import { dumpDatabase } from '../../rehearse/dump-database.ts'
import type { ThrowawayDatabase } from '../../rehearse/rehearse.ts'
import { rotateSealKey } from '../../seal/seal-key-store.ts'
import { quoteIdentifier } from '../../sql/identifier.ts'
import { cloneDatabaseAccess, cloneRoles } from './clone-roles.ts'

export interface CloneOptions {
  /** A session of the converted database. */
  readonly session: OpenSession
  readonly url: string
  readonly plan: Plan
  readonly phase: Phase
  /** The server that takes the clone. */
  readonly throwaway: ThrowawayDatabase
}

/**
 * Clones the schema of a converted database: every object with its owner and its privileges, every role with its
 * memberships; of the rows nothing but the default organization, the roles of members and the phase, and a key of its own where the context is sealed. Reads the original with `pg_dump`.
 *
 * @returns a session of a superuser of the clone, to be closed.
 * @throws TenancyError `PG_DUMP_MISSING` and `PG_DUMP_FAILED`; `CLONE_FAILED` when the throwaway server refuses a statement.
 */
export async function cloneDatabase({ session, url, plan, phase, throwaway }: CloneOptions): Promise<OpenSession> {
  await using dump = await dumpDatabase(url, ['--schema-only'])
  const applicationName = 'partywall verify'
  {
    await using server = await openSession({ url: throwaway.adminUrl, applicationName })
    await run(server, await cloneRoles(session, server.serverVersion))
    await run(server, [
      `create database ${quoteIdentifier(plan.database)} template template0 owner ${quoteIdentifier(plan.settings.login)}`,
    ])
  }
  const cloneUrl = new URL(throwaway.adminUrl)
  cloneUrl.pathname = `/${encodeURIComponent(plan.database)}`
  {
    await using loading = await openSession({ url: cloneUrl.href, applicationName })
    await run(loading, await cloneDatabaseAccess(session, plan.database))
    for await (const statement of statementsOf(dump.path)) await run(loading, [statement])
    await remember(loading, plan, phase)
    await copyMemberRoles(session, loading, plan)
  }
  return await openSession({ url: cloneUrl.href, applicationName })
}

// psql commands only keep psql from doing harm.
async function* statementsOf(path: string): AsyncGenerator<string> {
  const splitter = new StatementSplitter()
  for await (const chunk of createReadStream(path))
    for (const piece of splitter.push(chunk as Buffer)) if (piece.kind === 'statement') yield piece.bytes.toString()
  for (const piece of splitter.end()) if (piece.kind === 'statement') yield piece.bytes.toString()
}

async function remember(session: OpenSession, plan: Plan, phase: Phase): Promise<void> {
  const schema = quoteIdentifier(plan.settings.controlSchema)
  const home = plan.settings.defaultOrganization
  if (home !== null && plan.settings.root === null)
    await session.query(`insert into ${schema}.organizations (id, slug, name, is_default) values ($1, $2, $3, true)`, [
      home.id,
      home.slug,
      home.name,
    ])
  await session.query(`insert into ${schema}.conversion (phase, plan, plan_hash) values ($1, $2, $3)`, [
    phase,
    JSON.stringify(plan),
    hashPlan(plan),
  ])
  // The keys of the original are rows, and stay there.
  if (plan.settings.seal !== undefined) await rotateSealKey(session, plan.settings, { overlapMs: 0 })
}

/** What members may be is a table, whose rows a membership needs: without them no person could be made. */
async function copyMemberRoles(original: OpenSession, clone: OpenSession, plan: Plan): Promise<void> {
  const table = `${quoteIdentifier(plan.settings.controlSchema)}.roles`
  const { rows } = await original.query<{ role: unknown }>(`select to_jsonb(one) as role from ${table} one`)
  await clone.query(`insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`, [
    JSON.stringify(rows.map(({ role }) => role)),
  ])
}

async function run(session: OpenSession, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    try {
      await session.query(statement)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new TenancyError(
        'CLONE_FAILED',
        `The throwaway server refused a part of the schema: ${reason}. In ${statement.trim().slice(0, 200)}`,
        { cause },
      )
    }
  }
}
