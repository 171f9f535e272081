import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { applyPlan, openSession, readConversion, resolveConfig, verifyDatabase } from '@partywall/rls-migrations'
import { testServer } from '@partywall/testing/vitest'
import knex, { type Knex } from 'knex'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'

const page = await readFile(
  path.join(import.meta.dirname, '../../../docs/operations/migrations-after-enforce.md'),
  'utf8',
)

/** What the page shows in its first block of a language, for this database instead of `shop`. */
function fromPage(language: string, names: { database: string; owner: string }): string {
  const block = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? ''
  return block
    .replaceAll('partywall_shop_migrator', `"partywall_${names.database}_migrator"`)
    .replaceAll(`'"`, `'`)
    .replaceAll(`"'`, `'`)
    .replaceAll('shop_owner', names.owner)
    .replaceAll('shop_deploy', `${names.owner}_deploy`)
    .replaceAll('in database shop', `in database "${names.database}"`)
}

const first = async (db: Knex): Promise<void> => {
  await db.raw('create table teams (id serial primary key, name text not null)')
  await db.raw('create table members (id serial primary key, team_id int references teams, name text not null)')
}

/** Changes a table, fills a column for everybody, and makes a table with a key to an old one. */
const second = async (db: Knex): Promise<void> => {
  await db.schema.alterTable('teams', (table) => {
    table.text('slug')
  })
  await db('teams').update({ slug: db.raw('lower(name)') })
  await db.raw('alter table teams alter column slug set not null')
  await db.raw('create index teams_slug_idx on teams (org_id, slug)')
  await db.raw('create table notes (id serial primary key, member_id int references members, body text)')
}

const brokenKey = async (db: Knex): Promise<void> => {
  await db.raw('alter table members add constraint members_nobody_fk foreign key (id) references teams (id)')
}

/** Migrations as a list, where the page has a directory. */
function source(migrations: Readonly<Record<string, (db: Knex) => Promise<void>>>): Knex.MigratorConfig {
  return {
    migrationSource: {
      getMigrations: () => Promise.resolve(Object.keys(migrations)),
      getMigrationName: (name: string) => name,
      getMigration: (name: string) =>
        Promise.resolve({ up: migrations[name] as (db: Knex) => Promise<void>, down: () => Promise.resolve() }),
    },
  }
}

async function query<Row>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const result = await client.query(text)
    return (Array.isArray(result) ? result.at(-1) : result).rows as Row[]
  } finally {
    await client.end()
  }
}

interface Enforced extends AsyncDisposable {
  readonly adminUrl: string
  readonly ownerUrl: string
  readonly deployUrl: string
  readonly names: { readonly database: string; readonly owner: string }
}

/** A service that was made by Knex, converted to the end, with rows of two organizations. */
async function enforced(): Promise<Enforced> {
  const server = await testServer()
  const owner = `knex_owner_${Math.random().toString(36).slice(2, 10)}`
  await query(server.url(), `create role ${owner} login createrole password 'p'`)
  const database = await server.createDatabase({ owner })
  const ownerUrl = database.url({ user: owner, password: 'p' })
  const before = knex({ client: 'pg', connection: ownerUrl })
  await before.migrate.latest(source({ first }))
  await before('teams').insert({ name: 'Default' })
  await before.destroy()
  await using session = await openSession({ url: ownerUrl, applicationName: 'partywall example' })
  const { plan } = await readConversion(session, resolveConfig({}))
  const { left } = await applyPlan({ session, plan, to: 'enforce' })
  // What the owner may not do is for a DBA.
  for (const statement of left.flatMap(({ statements }) => statements)) await query(database.url(), statement)
  await query(
    database.url(),
    `insert into partywall.organizations (slug, name) values ('second', 'Second');
     insert into teams (org_id, name) select id, 'Of The Second' from partywall.organizations where slug = 'second';
     insert into members (org_id, team_id, name) select org_id, id, 'One' from teams where name = 'Of The Second';
     insert into members (org_id, team_id, name) select org_id, id, 'Two' from teams where name = 'Of The Second';
     insert into members (org_id, team_id, name) select org_id, id, 'Three' from teams where name = 'Of The Second'`,
  )
  const names = { database: database.name, owner }
  await query(database.url(), fromPage('sql', names).replace('change me', 'p'))
  return {
    adminUrl: database.url(),
    ownerUrl,
    deployUrl: database.url({ user: `${owner}_deploy`, password: 'p' }),
    names,
    async [Symbol.asyncDispose]() {
      await database.drop()
      const roles = ['migrator', 'app', 'definer', 'operator'].map((role) => `"partywall_${database.name}_${role}"`)
      await query(server.url(), `drop role if exists ${[`${owner}_deploy`, ...roles, owner].join(', ')}`)
    },
  }
}

describe('the migrations of a service after enforce', () => {
  it('run by Knex as the migrator, reach every organization and validate keys on all rows', async () => {
    await using database = await enforced()
    const deploy = knex({ client: 'pg', connection: database.deployUrl })
    try {
      await deploy.migrate.latest(source({ first, second }))
      const reassign = /raw\('([^']*)'\)/.exec(fromPage('ts', database.names))?.[1] ?? ''
      await deploy.raw(reassign)
      await expect(deploy.migrate.latest(source({ first, second, brokenKey }))).rejects.toMatchObject({ code: '23503' })
    } finally {
      await deploy.destroy()
    }
    expect(await query(database.adminUrl, 'select name, slug from teams order by id')).toEqual([
      { name: 'Default', slug: 'default' },
      { name: 'Of The Second', slug: 'of the second' },
    ])
    expect(
      await query(
        database.adminUrl,
        `select relowner::regrole::text as owner, relrowsecurity as walled from pg_class where relname = 'notes'`,
      ),
    ).toEqual([{ owner: database.names.owner, walled: true }])
    await using session = await openSession({ url: database.ownerUrl, applicationName: 'partywall example' })
    const { plan } = await readConversion(session, resolveConfig({}))
    expect((await verifyDatabase({ session, plan, phase: 'enforce' })).crossings).toEqual([])
  })

  it('fail loudly as the owner, who would see no rows', async () => {
    await using database = await enforced()
    await expect(query(database.ownerUrl, `update teams set name = 'x'`)).rejects.toMatchObject({ code: '42501' })
  })

  it('run as Prisma sends them, bookkeeping included', async () => {
    await using database = await enforced()
    // The statements of `prisma migrate deploy`, whose engine cannot be downloaded everywhere.
    await query(
      database.deployUrl,
      `CREATE TABLE "_prisma_migrations" ("id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ,
         "migration_name" VARCHAR(255) NOT NULL, "logs" TEXT, "rolled_back_at" TIMESTAMPTZ, "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
         "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`,
    )
    await query(
      database.deployUrl,
      `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name") VALUES ('1', 'c', '1_init')`,
    )
    await query(
      database.deployUrl,
      `-- AlterTable
       ALTER TABLE "members" ADD COLUMN "role" TEXT NOT NULL DEFAULT 'member';
       UPDATE "members" SET "role" = 'owner';
       -- CreateTable
       CREATE TABLE "tags" ("id" SERIAL NOT NULL, "team_id" INTEGER NOT NULL, CONSTRAINT "tags_pkey" PRIMARY KEY ("id"));
       -- AddForeignKey
       ALTER TABLE "tags" ADD CONSTRAINT "tags_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;`,
    )
    await query(
      database.deployUrl,
      `UPDATE "_prisma_migrations" SET "finished_at" = now(), "applied_steps_count" = 1 WHERE "id" = '1'`,
    )
    const reassign = /echo '([^']*)'/.exec(fromPage('console', database.names))?.[1] ?? ''
    await query(database.deployUrl, reassign)
    expect(await query(database.adminUrl, `select distinct role from members`)).toEqual([{ role: 'owner' }])
    expect(
      await query(
        database.adminUrl,
        `select distinct relowner::regrole::text as owner from pg_class where relname in ('tags', '_prisma_migrations')`,
      ),
    ).toEqual([{ owner: database.names.owner }])
  })
})
