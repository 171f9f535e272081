import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import type { PostgresServer } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import { loadDump, type DumpSource } from '../src/dump/load-dump.ts'
import { openSession, type OpenSession } from '../src/database/session.ts'
import { roleNames } from '../src/plan/plan-conversion.ts'
import { resolveConfig, type ResolvedConfig } from '../src/config/resolve-config.ts'
import { readConversion } from '../src/conversion.ts'
import { applyPlan } from '../src/apply/apply-plan.ts'
import { runnerName } from '../src/apply/runner-lock.ts'
import type { PartywallConfig } from '../src/config/conversion-config.ts'
import type { Phase } from '../src/plan/step.ts'
import type { Plan } from '../src/plan/plan.ts'

const root = join(import.meta.dirname, '../../..')

interface Sample {
  readonly path: string
  readonly config: PartywallConfig
}

/** The databases that the suites convert, as they are in the repository. */
export const samples = {
  chinook: { path: join(root, 'tests/data/chinook.sql'), config: {} },
  northwind: { path: join(root, 'tests/data/northwind.sql'), config: {} },
  torture: { path: join(import.meta.dirname, 'torture.sql'), config: {} },
  flakeguard: {
    path: join(root, 'examples/flakeguard/database/schema.sql'),
    config: { tenantColumn: 'orgId', users: { table: 'User' } },
  },
} as const satisfies Record<string, Sample>

/** A database whose owner may create roles and is no superuser, as most services have it. */
export interface OwnedDatabase extends AsyncDisposable {
  readonly name: string
  readonly adminUrl: string
  readonly ownerUrl: string
  readonly owner: string
  /** Makes a login, a member of the given roles. */
  login(memberOf?: readonly string[]): Promise<{ readonly role: string; readonly url: string }>
  admin(statement: string): Promise<void>
}

/** @param given Where it is made. Defaults to the server of the run of vitest. */
export async function createOwnedDatabase(source: DumpSource, given?: PostgresServer): Promise<OwnedDatabase> {
  const server = given ?? (await testServer())
  const password = randomBytes(9).toString('hex')
  const owner = `owner_${randomBytes(6).toString('hex')}`
  await execute(server.url(), `create role ${owner} login createrole password '${password}'`)
  const database = await server.createDatabase({ owner })
  const logins: string[] = []
  const admin = (statement: string): Promise<void> => execute(database.url(), statement)
  const result: OwnedDatabase = {
    name: database.name,
    owner,
    adminUrl: database.url(),
    ownerUrl: database.url({ user: owner, password }),
    admin,
    async login(memberOf = []) {
      const role = `login_${randomBytes(6).toString('hex')}`
      const members = memberOf.length === 0 ? '' : ` in role ${memberOf.map((name) => `"${name}"`).join(', ')}`
      await admin(`create role ${role} login password '${password}'${members}`)
      logins.push(role)
      return { role, url: database.url({ user: role, password }) }
    },
    async [Symbol.asyncDispose]() {
      await database.drop()
      const roles = [...logins, ...Object.values(roleNames(database.name)), owner]
      await execute(server.url(), roles.map((role) => `drop role if exists "${role}"`).join('; '))
    },
  }
  // As it is from 15 on: before, everybody may create in it, which verify reports.
  if (server.serverVersion < 150000)
    await admin(`alter schema public owner to ${owner}; revoke create on schema public from public`)
  await loadDump(await fitting(source, server.serverVersion), result)
  return result
}

/** Older servers do not know the newest words of the sample that uses them all. */
async function fitting(source: DumpSource, serverVersion: number): Promise<DumpSource> {
  if (serverVersion >= 150000 || !('path' in source) || source.path !== samples.torture.path) return source
  const text = await readFile(source.path, 'utf8')
  return {
    text: text
      .replace(' nulls not distinct', '')
      .replace(' with (security_invoker = false)', '')
      .replace(/^create publication listed_columns.*$/m, ''),
  }
}

export interface ConvertedDatabase {
  readonly session: OpenSession
  readonly plan: Plan
  readonly config: ResolvedConfig
}

/** Converts up to a phase. The session is the owner's, and is to be closed. */
export async function convert(
  database: OwnedDatabase,
  to: Phase,
  config: PartywallConfig = {},
): Promise<ConvertedDatabase> {
  const resolved = resolveConfig(config)
  const session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
  const { plan } = await readConversion(session, resolved)
  await applyPlan({ session, plan, to })
  return { session, plan, config: resolved }
}

/** The same, with what only a DBA may do: before PostgreSQL 15 the schema `public` is a superuser's, and not the owner's. */
export async function convertWhole(
  database: OwnedDatabase,
  to: Phase,
  config: PartywallConfig = {},
): Promise<ConvertedDatabase> {
  await database.admin(
    `do $$ begin if current_setting('server_version_num')::int < 150000 then alter schema public owner to ${database.owner}; end if; end $$`,
  )
  const converted = await convert(database, to, config)
  const { left } = await applyPlan({ session: converted.session, plan: converted.plan, to })
  for (const statement of left.flatMap((step) => step.statements)) await database.admin(statement)
  return converted
}

/** One statement on a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  await query(url, statement)
}

/** One query on a connection of its own. */
export async function query<Row extends Record<string, unknown>>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const result = await client.query(text)
    return (Array.isArray(result) ? result.at(-1) : result).rows as Row[]
  } finally {
    await client.end()
  }
}
