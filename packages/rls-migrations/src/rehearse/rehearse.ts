import { TenancyError } from '@partywall/tenancy-core'
import { applyPlan, type ApplyResult } from '../apply/apply-plan.ts'
import type { OnProgress } from '../apply/progress.ts'
import { acquireRunnerLock, runnerName } from '../apply/runner-lock.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { compareSnapshots, readSchemaSnapshot } from '../catalog/schema-snapshot.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { readConversion } from '../conversion.ts'
import { becomeOperator } from '../database/read-across-organizations.ts'
import { openSession, type OpenSession } from '../database/session.ts'
import { loadDump, type DumpReport, type DumpSource } from '../dump/load-dump.ts'
import type { Plan } from '../plan/plan.ts'
import { rollbackPlan } from '../rollback/rollback-plan.ts'
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.ts'
import { rotateSealKey } from '../seal/seal-key-store.ts'
import { verifyDatabase } from '../verify/verify-database.ts'
import type { VerifyReport } from '../verify/verify-report.ts'
import { readTableContents, type TableContent } from './table-contents.ts'

/** A database that nobody needs: where it is, and who may do what there. */
export interface ThrowawayDatabase extends AsyncDisposable {
  /** A superuser, for what a dump needs a superuser for. */
  readonly adminUrl: string
  /** The owner of the database: may log in and create roles, and is no superuser. */
  readonly ownerUrl: string
}

export interface RehearseOptions {
  readonly source: DumpSource
  readonly config: ResolvedConfig
  readonly database: ThrowawayDatabase
  readonly onProgress?: OnProgress
  readonly onStage?: (stage: 'load' | 'plan' | 'apply' | 'verify' | 'rollback') => void
  readonly onTable?: (event: { table: string; done: number; total: number }) => void
}

export interface RowsReport {
  readonly before: number
  readonly after: number
  /** Whether every table holds the same rows, in the columns that it had before. */
  readonly sameContent: boolean
  readonly tables: readonly {
    readonly table: string
    readonly before: number
    readonly after: number
    readonly sameContent: boolean
  }[]
}

export interface RehearseReport {
  readonly load: DumpReport
  readonly plan: Plan
  readonly apply: ApplyResult
  readonly verify: VerifyReport
  readonly rows: RowsReport
  readonly rollback: RollbackReport
}

export interface RollbackReport {
  readonly undone: number
  /** Whether the schema is what it was before the conversion, object by object. */
  readonly sameSchema: boolean
  readonly differences: readonly string[]
}

/**
 * Converts a copy of a database to the end, proves it, compares every row with what it was, and rolls the copy back. The
 * original is not touched: the copy is loaded from a dump, in a database that the caller throws away.
 *
 * @throws TenancyError what loading, planning, applying and verifying throw; `DUMP_EMPTY` when the dump made no table.
 *
 * @example
 * ```ts
 * const { rows, rollback } = await rehearse({ source: { path: 'shop.sql' }, config, database })
 * rows.sameContent && rollback.sameSchema // true
 * ```
 */
export async function rehearse(options: RehearseOptions): Promise<RehearseReport> {
  const { database, config, onStage = () => undefined } = options
  onStage('load')
  const load = await loadDump(options.source, database)
  await using lock = await acquireRunnerLock(database.ownerUrl)
  await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
  await session.query('analyze')
  onStage('plan')
  const catalog = await readCatalog(session, {
    controlSchema: config.controlSchema,
    ...(config.schemas === undefined ? {} : { schemas: config.schemas }),
  })
  if (catalog.tables.length === 0)
    throw new TenancyError('DUMP_EMPTY', 'The dump made no table: there is nothing to convert.')
  const before = await readTableContents(session, catalog.tables)
  const schema = await readSchemaSnapshot(session)
  const { plan } = await readConversion(session, config)
  onStage('apply')
  const apply = await applyPlan({
    session,
    plan,
    to: 'enforce',
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  })
  await doAsDba(database.adminUrl, apply.left)
  if (plan.settings.seal !== undefined) await rotateSealKey(session, plan.settings, { overlapMs: 0 })
  onStage('verify')
  const verify = await verifyAsApplication(session, { ...options, plan })
  const after = await readAfter(session, catalog, plan)
  onStage('rollback')
  const { undone, left } = await rollbackPlan({ session, plan, to: 'none' })
  await doAsDba(database.adminUrl, left)
  const differences = compareSnapshots(schema, await readSchemaSnapshot(session))
  await lock.release()
  return {
    load,
    plan,
    apply,
    verify,
    rows: compare(before, after),
    rollback: { undone, sameSchema: differences.length === 0, differences },
  }
}

/** What the owner may not do is what a DBA would do; a rehearsal has one. */
async function doAsDba(adminUrl: string, left: ApplyResult['left']): Promise<void> {
  if (left.length === 0) return
  await using admin = await openSession({ url: adminUrl, applicationName: 'partywall rehearse' })
  for (const statement of left.flatMap((step) => step.statements)) await admin.query(statement)
}

/** Attacks through a login of its own, as a service would have one. */
async function verifyAsApplication(
  session: OpenSession,
  options: RehearseOptions & { plan: Plan },
): Promise<VerifyReport> {
  const { plan, database, onTable } = options
  const login = `${plan.settings.roles.app}_rehearsal`.slice(-63)
  const password = crypto.randomUUID()
  await using admin = await openSession({ url: database.adminUrl, applicationName: 'partywall rehearse' })
  await admin.query(
    `create role ${quoteIdentifier(login)} login password ${quoteLiteral(password)} in role ${quoteIdentifier(plan.settings.roles.app)}`,
  )
  try {
    const appUrl = new URL(database.ownerUrl)
    appUrl.username = encodeURIComponent(login)
    appUrl.password = password
    return await verifyDatabase({
      session,
      plan,
      phase: 'enforce',
      appUrl: appUrl.href,
      ...(onTable === undefined ? {} : { onProgress: onTable }),
    })
  } finally {
    await admin.query(`drop role ${quoteIdentifier(login)}`)
  }
}

/** Under FORCE only the operator sees the rows of every organization; skipped tables are the owner's alone. */
async function readAfter(session: OpenSession, catalog: Catalog, plan: Plan): Promise<readonly TableContent[]> {
  const skipped = new Set(plan.tables.skipped.map((table) => `${table.schema}\0${table.name}`))
  const isSkipped = (table: Catalog['tables'][number]): boolean => skipped.has(`${table.schema}\0${table.name}`)
  const untouched = await readTableContents(session, catalog.tables.filter(isSkipped))
  await session.query('begin')
  try {
    await becomeOperator(session, plan.settings)
    return [
      ...untouched,
      ...(await readTableContents(
        session,
        catalog.tables.filter((table) => !isSkipped(table)),
      )),
    ]
  } finally {
    await session.query('rollback')
  }
}

function compare(before: readonly TableContent[], after: readonly TableContent[]): RowsReport {
  const found = new Map(after.map((content) => [content.table, content]))
  const tables = before.map((content) => {
    const now = found.get(content.table)
    return {
      table: content.table,
      before: content.rows,
      after: now?.rows ?? 0,
      sameContent: now?.rows === content.rows && now.hash === content.hash,
    }
  })
  const sum = (contents: readonly TableContent[]): number =>
    contents.reduce((total, content) => total + content.rows, 0)
  return { before: sum(before), after: sum(after), sameContent: tables.every((table) => table.sameContent), tables }
}
