import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import { queryRow, type ServiceDatabases } from './service-database.ts'

export interface DefaultCost {
  readonly rows: number
  /** Rows of which another version lies on disk afterwards. */
  readonly rewrittenRows: number
  readonly sameFile: boolean
  /** Rows that belong to the default organization afterwards. */
  readonly ownedRows: number
  /** Milliseconds that steps with a lock that stops readers or writers took, all together. */
  readonly totalLockMs: number
  readonly longestLockMs: number
  readonly expandMs: number
}

/** Where each version of a row lies, and which transaction wrote it. */
const versions = `select pg_relation_filenode('events')::text as file, count(*)::float8 as rows,
  sum(hashtextextended(ctid::text || ' ' || xmin::text, 0)::numeric)::text as versions from events`

/** A whole expand with the default organization; every row is compared with what it was before. */
export async function measureDefault(databases: ServiceDatabases): Promise<DefaultCost> {
  await using database = await databases.copy()
  const { ownerUrl } = database
  const before = await queryRow<Versions>(ownerUrl, versions)
  await using session = await openSession({ url: ownerUrl, applicationName: 'partywall bench' })
  const { plan } = await readConversion(session, resolveConfig({}))
  let totalLockMs = 0
  const result = await applyPlan({
    session,
    plan,
    to: 'expand',
    onProgress: (progress) => {
      if (progress.type === 'finished' && blocking.has(progress.operation.lock)) totalLockMs += progress.durationMs
    },
  })
  const after = await queryRow<Versions>(ownerUrl, versions)
  const owned = await queryRow<{ rows: number }>(
    ownerUrl,
    `select count(*)::float8 as rows from events where org_id = '${plan.settings.defaultOrganization?.id}'`,
  )
  const updated = await queryRow<{ rows: number }>(
    ownerUrl,
    "select (n_tup_upd + n_tup_del)::float8 as rows from pg_stat_user_tables where relname = 'events'",
  )
  return {
    rows: after.rows,
    rewrittenRows: before.versions === after.versions ? updated.rows : after.rows,
    sameFile: before.file === after.file,
    ownedRows: owned.rows,
    totalLockMs: Math.round(totalLockMs),
    longestLockMs: Math.round(result.longestBlockMs),
    expandMs: Math.round(result.durationMs),
  }
}

interface Versions {
  readonly file: string
  readonly rows: number
  readonly versions: string
}

const blocking = new Set(['SHARE', 'SHARE ROW EXCLUSIVE', 'ACCESS EXCLUSIVE'])
