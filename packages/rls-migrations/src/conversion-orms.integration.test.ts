import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createOwnedDatabase } from '../test/owned-database.ts'
import { hazardsOf, roundTrip } from '../test/round-trip.ts'
import { applyPlan } from './apply/apply-plan.ts'
import { runnerName } from './apply/runner-lock.ts'
import { resolveConfig } from './config/resolve-config.ts'
import { proposeConfig } from './cli/commands/init.ts'
import { readCatalog } from './catalog/read-catalog.ts'
import { readConversion } from './conversion.ts'
import { openSession } from './database/session.ts'
import type { Plan } from './plan/plan.ts'
import { verifyDatabase } from './verify/verify-database.ts'

/**
 * What the libraries made, dumped by pg_dump 15 of Debian. Each with the tables of the host, by what they become, and
 * those that are left out, with the tool that they are of.
 */
const schemas: Readonly<Record<string, { readonly host: readonly string[]; readonly tools: readonly string[] }>> = {
  knex: {
    host: ['tenant projects', 'tenant tasks', 'user users'],
    tools: ['knex_migrations: Knex', 'knex_migrations_lock: Knex'],
  },
  typeorm: {
    host: ['tenant category', 'tenant post', 'tenant post_tags_tag', 'tenant tag', 'user user'],
    tools: ['migrations: TypeORM', 'typeorm_metadata: TypeORM'],
  },
  sequelize: {
    host: ['tenant OrderProducts', 'tenant Orders', 'tenant Products', 'user Users'],
    tools: ['SequelizeMeta: Sequelize'],
  },
  'node-pg-migrate': {
    host: ['tenant accounts', 'tenant invoices'],
    tools: ['pgmigrations: node-pg-migrate'],
  },
  drizzle: {
    host: ['tenant documents', 'tenant shares', 'user users'],
    tools: ['drizzle.__drizzle_migrations: Drizzle'],
  },
  'graphile-worker': {
    host: ['tenant person', 'tenant pet'],
    tools: [
      ...['_private_job_queues', '_private_jobs', '_private_known_crontabs', '_private_tasks', 'migrations'].map(
        (name) => `graphile_worker.${name}: graphile-worker`,
      ),
      'kysely_migration: Kysely',
      'kysely_migration_lock: Kysely',
    ],
  },
  'pg-boss': {
    host: ['tenant jobs'],
    tools: [
      'migrations: db-migrate',
      ...['archive', 'job', 'queue', 'schedule', 'subscription', 'version'].map((name) => `pgboss.${name}: pg-boss`),
    ],
  },
}

describe.each(Object.entries(schemas))('a schema made by %s', (name, { host, tools }) => {
  const dump = { text: readFileSync(join(import.meta.dirname, 'classify/fixtures', `${name}-pg-dump-15.sql`), 'utf8') }

  it('is converted as it is, proved, rolled back to the very schema, and converted again', async () => {
    await using database = await createOwnedDatabase(dump)
    const config = await configOf(database.ownerUrl)
    const plan = await roundTrip(database, config)
    expect(plan.hazards.filter((hazard) => hazard.severity === 'blocking')).toEqual([])
    expect(hostTables(plan)).toEqual(host)
    expect(toolTables(plan)).toEqual(tools.toSorted())

    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const again = (await readConversion(session, resolveConfig(config))).plan
    await applyPlan({ session, plan: again, to: 'enforce' })
    const app = await database.login([again.settings.roles.app])
    const report = await verifyDatabase({ session, plan: again, phase: 'enforce', appUrl: app.url })
    expect(report.crossings).toEqual([])
    expect(report.staticOnly).toEqual([])
    expect(hazardsOf(again, 'maybe-shared')).toEqual(hazardsOf(plan, 'maybe-shared'))
  })
})

/** As `init --yes` writes it. */
async function configOf(url: string): Promise<ReturnType<typeof proposeConfig>> {
  await using session = await openSession({ url, applicationName: 'init' })
  return proposeConfig(await readCatalog(session, { controlSchema: 'partywall' }))
}

function hostTables(plan: Plan): readonly string[] {
  return [...plan.tables.tenant, ...plan.tables.user, ...plan.tables.shared].map((one) => `${one.class} ${one.name}`)
}

/** Partitions that a tool names by a hash are told by their table. */
function toolTables(plan: Plan): readonly string[] {
  return plan.tables.skipped
    .filter((one) => !one.reason.startsWith('a partition of'))
    .map((one) => `${one.schema === 'public' ? '' : `${one.schema}.`}${one.name}: ${one.reason.split(' of ').at(-1)}`)
    .toSorted()
}
