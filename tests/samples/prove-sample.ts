import { startPostgres } from '../../packages/testing/src/index.ts'
import { openSession } from '../../packages/rls-migrations/src/database/session.ts'
import type { Plan } from '../../packages/rls-migrations/src/plan/plan.ts'
import { displayName } from '../../packages/rls-migrations/src/sql/identifier.ts'
import {
  mutateDatabase,
  type MutationOutcome,
} from '../../packages/rls-migrations/src/verify/mutations/mutate-database.ts'
import { changesNothing } from '../../packages/rls-migrations/src/verify/mutations/run-sabotage.ts'
import { verifyDatabase } from '../../packages/rls-migrations/src/verify/verify-database.ts'
import { convertWhole, createOwnedDatabase, samples } from '../../packages/rls-migrations/test/owned-database.ts'
import type { SampleProof } from './sample-proof.ts'

/** What the server refuses of a partition or a child is no way to break it. */
const impossible = /^(42P16|0A000) /
const FEWEST_KINDS = 20

/** Proves the sample as `verify` does, and then as `verify --mutate --in-place` does for a superuser. */
export async function proveSample(name: string): Promise<SampleProof> {
  const sample = Object.entries(samples).find(([one]) => one === name)?.[1]
  if (sample === undefined) throw new Error(`There is no sample "${name}": ${Object.keys(samples).join(', ')}`)
  const startedAt = performance.now()
  await using server = await startPostgres()
  await using database = await createOwnedDatabase(sample, server)
  const { session, plan } = await convertWhole(database, 'enforce', sample.config)
  await using owner = session
  const login = await database.login([plan.settings.roles.app])
  const proof = await verifyDatabase({ session: owner, plan, phase: 'enforce', appUrl: login.url })
  await using admin = await openSession({ url: database.adminUrl, applicationName: 'mutate' })
  const outcomes: MutationOutcome[] = []
  const onProgress = (one: MutationOutcome): void => void outcomes.push(one)
  const mutations = await mutateDatabase({ session: admin, plan, phase: 'enforce', onProgress })
  return {
    sample: name,
    major: String(Math.floor(server.serverVersion / 10_000)),
    ok: proof.ok,
    crossings: proof.crossings.map((one) => `${one.probe} ${one.table}: ${one.detail}`),
    tables: proof.tables.total,
    proved: proof.tables.proved,
    staticOnly: proof.staticOnly.map((one) => `${one.table}: ${one.reason}`),
    sabotages: mutations.run,
    killed: mutations.killed,
    survivors: mutations.survivors.map((one) => `${one.kind} ${one.table}`),
    idle: mutations.notRun.filter(({ reason }) => reason === changesNothing).length,
    notRun: mutations.notRun
      .filter(({ reason }) => reason !== changesNothing && !impossible.test(reason))
      .map((one) => `${one.kind} ${one.table}: ${one.reason}`),
    spared: sparedTables(plan, outcomes),
    seconds: Math.round((performance.now() - startedAt) / 1000),
  }
}

function sparedTables({ tables }: Plan, outcomes: readonly MutationOutcome[]): readonly string[] {
  const kinds = Map.groupBy(outcomes, ({ mutation }) => mutation.table)
  return [...tables.tenant, ...tables.user]
    .map(displayName)
    .filter((table) => new Set(kinds.get(table)?.map(({ mutation }) => mutation.kind)).size < FEWEST_KINDS)
}
