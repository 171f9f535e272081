import { createTenancy, writeSealKey, type Tenancy, type TenancyOptions } from '@partywall/tenancy-core'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import {
  convert,
  createOwnedDatabase,
  execute,
  query,
  samples,
  type ConvertedDatabase,
  type OwnedDatabase,
} from '../../test/owned-database.ts'
import { applyPlan } from '../apply/apply-plan.ts'
import { readSchemaSnapshot, type SchemaSnapshot } from '../catalog/schema-snapshot.ts'
import { conversionCommands } from '../cli/commands.ts'
import { runCli } from '../cli/run-cli.ts'
import type { PartywallConfig } from '../config/conversion-config.ts'
import { openSession } from '../database/session.ts'
import { rollbackPlan } from '../rollback/rollback-plan.ts'
import { verifyDatabase } from '../verify/verify-database.ts'
import type { SealMode } from '../plan/plan.ts'
import { rotateSealKey } from './seal-key-store.ts'
import { switchSeal } from './switch-seal.ts'

const schema = {
  text: 'create table notes (id uuid primary key default gen_random_uuid(), body text); insert into notes (body) values (1), (2)',
}

/** Converts, and closes the session: a command would take it for that of a run that was cut off. */
async function convertAndLeave(database: OwnedDatabase, config: PartywallConfig = {}): Promise<ConvertedDatabase> {
  const converted = await convert(database, 'contract', config)
  await converted.session.close()
  return converted
}

async function snapshot({ ownerUrl }: OwnedDatabase): Promise<SchemaSnapshot> {
  await using session = await openSession({ url: ownerUrl, applicationName: 'snapshot' })
  return await readSchemaSnapshot(session)
}

/** Runs a command as people do; what it prints. */
async function tell(database: OwnedDatabase, ...argv: readonly string[]): Promise<{ code: number; text: string }> {
  let text = ''
  const io = {
    write: (piece: string) => (text += piece),
    writeError: () => undefined,
    isLive: false,
    isInteractive: false,
    ask: () => Promise.resolve(''),
    env: { DATABASE_URL: database.ownerUrl },
    cwd: import.meta.dirname,
  }
  const ports = { startThrowawayDatabase: () => Promise.reject(new Error('not here')) }
  return { code: await runCli({ argv: [...argv, '--yes'], commands: conversionCommands, io, ports }), text }
}

/** Runs a command as programs do. */
async function run(
  database: OwnedDatabase,
  ...argv: readonly string[]
): Promise<{ code: number; document: Readonly<Record<string, unknown>> }> {
  const { code, text } = await tell(database, ...argv, '--json')
  return { code, document: JSON.parse(text) }
}

/** How a service of the application's role fares that sends bare ids, or tokens of this key. */
async function service(
  database: OwnedDatabase,
  { plan }: ConvertedDatabase,
  key?: string,
  organizationId = plan.settings.defaultOrganization?.id ?? '',
): Promise<string> {
  const login = await database.login([plan.settings.roles.app])
  const tenancy = createTenancy({
    pool: { connectionString: login.url },
    ...(key === undefined ? {} : { seal: { key } }),
  })
  try {
    const { rows } = await tenancy.run({ organizationId }, () => tenancy.pool.query('select body from notes'))
    return `${rows.length} rows`
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return code === '42501' ? message : code
  } finally {
    await tenancy.close()
  }
}

function openTenancy(options: TenancyOptions): Tenancy & AsyncDisposable {
  const tenancy = createTenancy(options)
  return Object.assign(tenancy, { [Symbol.asyncDispose]: () => tenancy.close() })
}

describe('a conversion with "seal"', () => {
  it.each(Object.entries(samples))(
    'of %s is proved with and without a login, and rolls back',
    async (_name, sample) => {
      await using database = await createOwnedDatabase(sample)
      const converted = await convert(database, 'expand', { ...sample.config, seal: true })
      await using session = converted.session
      const { plan } = converted
      expect(plan.settings.seal).toBe('require')
      const login = await database.login([plan.settings.roles.app])
      await expect(verifyDatabase({ session, plan, phase: 'expand' })).rejects.toMatchObject({
        code: 'SEAL_KEY_MISSING',
      })
      await rotateSealKey(session, plan.settings, { overlapMs: 0 })
      for (const phase of ['expand', 'contract', 'enforce'] as const) {
        await applyPlan({ session, plan, to: phase })
        for (const appUrl of phase === 'enforce' ? [undefined, login.url] : [login.url]) {
          const report = await verifyDatabase({ session, plan, phase, appUrl })
          expect(report).toMatchObject({ seal: 'require', crossings: [] })
          expect(report.staticOnly).toEqual([])
          expect(report.probes.blocked).toBe(report.probes.run)
        }
      }
      await rollbackPlan({ session, plan, to: 'none' })
      const left = await query(database.adminUrl, "select from pg_namespace where nspname = 'partywall'")
      expect(left).toEqual([])
    },
  )
})

describe('ids that are texts with points in them', () => {
  it('are sealed, and accepted bare beside tokens', async () => {
    await using database = await createOwnedDatabase({
      text: `create table teams (id text primary key); create table notes (id int primary key, team text not null references teams, body text);
        insert into teams values ('acme.com'), ('b.0.c'); insert into notes values (1, 'acme.com', 'a'), (2, 'b.0.c', 'b'), (3, 'b.0.c', 'c')`,
    })
    const converted = await convertAndLeave(database, { root: { table: 'teams' }, seal: true })
    const key = String((await run(database, 'seal', 'rotate')).document['key'])
    expect(await run(database, 'verify')).toMatchObject({ document: { ok: true, staticOnly: [] } })
    const rowsOf = async (id: string, given?: string): Promise<string> => await service(database, converted, given, id)
    expect([await rowsOf('acme.com', key), await rowsOf('b.0.c', key)]).toEqual(['1 rows', '2 rows'])
    expect(await rowsOf('b.0.c')).toBe('SEAL_REFUSED')
    await run(database, 'seal', 'accept')
    expect([await rowsOf('acme.com'), await rowsOf('b.0.c', key)]).toEqual(['1 rows', '2 rows'])
  })
})

describe('partywall seal', () => {
  it('goes from bare ids to tokens and back, and a service that runs is refused at no point', async () => {
    await using database = await createOwnedDatabase(schema)
    const converted = await convertAndLeave(database)
    const before = await snapshot(database)
    const bare = (): Promise<string> => service(database, converted)
    expect((await tell(database, 'plan')).text).toContain('Available: a sealed context')
    expect(await run(database, 'seal', 'rotate')).toMatchObject({ code: 1, document: { error: { code: 'SEAL_OFF' } } })
    expect(await run(database, 'seal', 'require')).toMatchObject({ document: { error: { code: 'SEAL_STEP_SKIPPED' } } })

    expect(await run(database, 'seal', 'accept')).toMatchObject({ code: 0, document: { from: 'off', to: 'accept' } })
    expect(await bare()).toBe('2 rows')
    expect(await run(database, 'seal', 'require')).toMatchObject({ document: { error: { code: 'SEAL_KEY_MISSING' } } })
    const { document } = await run(database, 'seal', 'rotate')
    const key = String(document['key'])
    const sealed = (): Promise<string> => service(database, converted, key)
    expect([await bare(), await sealed()]).toEqual(['2 rows', '2 rows'])
    const between = await run(database, 'status')
    expect(between).toMatchObject({
      code: 3,
      document: { seal: { mode: 'accept', keys: [{ id: document['id'] }] }, broken: [] },
    })
    expect((await tell(database, 'status')).text).toContain('bare ids as well until: partywall seal require')
    expect((await tell(database, 'verify')).text).toContain('Bare ids are still accepted')

    expect(await run(database, 'seal', 'require')).toMatchObject({
      code: 0,
      document: { from: 'accept', to: 'require' },
    })
    expect([await bare(), await sealed()]).toEqual(['SEAL_REFUSED', '2 rows'])
    expect(await run(database, 'status')).toMatchObject({ document: { seal: { mode: 'require' }, broken: [] } })
    expect(await run(database, 'verify')).toMatchObject({ code: 0, document: { ok: true, seal: 'require' } })
    expect((await tell(database, 'plan')).text).toContain('The context is sealed')
    expect(await run(database, 'seal', 'off')).toMatchObject({ document: { error: { code: 'SEAL_STEP_SKIPPED' } } })

    expect(await run(database, 'seal', 'accept')).toMatchObject({ document: { from: 'require', to: 'accept' } })
    expect([await bare(), await sealed()]).toEqual(['2 rows', '2 rows'])
    expect(await run(database, 'seal', 'off')).toMatchObject({ code: 0, document: { from: 'accept', to: 'off' } })
    expect([await bare(), await sealed()]).toEqual(['2 rows', 'SEAL_MISSING'])
    expect(await run(database, 'verify')).toMatchObject({ code: 0, document: { seal: 'off' } })
    expect(await snapshot(database)).toEqual(before)
  })

  it('fails no statement of services that run meanwhile', async () => {
    await using database = await createOwnedDatabase(schema)
    const { session, plan } = await convert(database, 'contract')
    await using _session = session
    const accepting = await switchSeal({ session, plan, to: 'accept' })
    const key = await rotateSealKey(session, accepting.settings, { overlapMs: 0 })
    const login = await database.login([plan.settings.roles.app])
    const organizationId = plan.settings.defaultOrganization?.id ?? ''
    const busy = async (seal: TenancyOptions['seal'], work: () => Promise<unknown>): Promise<number> => {
      await using tenancy = openTenancy({ pool: { connectionString: login.url, max: 4 }, seal })
      let done = 0
      const over = new AbortController()
      const caller = async (): Promise<void> => {
        for (; !over.signal.aborted; done += 1) {
          await tenancy.run({ organizationId }, () =>
            tenancy.pool.query('insert into notes (body) values ($1)', [done]),
          )
          await tenancy.run({ organizationId }, () => tenancy.pool.query('select count(*) from notes'))
        }
      }
      const callers = Array.from({ length: 8 }, caller)
      await work()
      over.abort()
      await Promise.all(callers)
      return done
    }
    const through = async (...modes: readonly ('off' | SealMode)[]): Promise<void> => {
      let now = accepting
      for (let time = 0; time < 5; time += 1) for (const to of modes) now = await switchSeal({ session, plan: now, to })
    }
    expect(await busy({ key: writeSealKey(key) }, () => through('require', 'accept'))).toBeGreaterThan(10)
    expect(await busy(undefined, () => through('off', 'accept'))).toBeGreaterThan(10)
  })

  it('names the code of the host that reads the setting by itself', async () => {
    await using database = await createOwnedDatabase(schema)
    await convertAndLeave(database)
    await execute(
      database.ownerUrl,
      `create view mine as select current_setting('app.current_tenant_id', true) as tenant;
       create function tenant() returns text language sql stable as $$ select current_setting('APP.current_tenant_id', true) $$;
       create function good() returns uuid language sql stable as $$ select partywall.current_tenant_id() $$;
       create policy by_hand on notes as restrictive using (org_id::text = current_setting('app.current_tenant_id', true));
       alter table notes add column by text default current_setting('app.current_tenant_id', true)`,
    )
    const readers = [
      'default of public.notes.by',
      'function public.tenant()',
      'policy by_hand on public.notes',
      'view public.mine',
    ]
    expect(await run(database, 'seal', 'accept')).toMatchObject({ code: 0, document: { readers } })
    expect((await tell(database, 'seal', 'accept')).text).toContain('Let them call partywall.current_tenant_id()')
  })

  it('changes nothing when it is there already', async () => {
    await using database = await createOwnedDatabase(schema)
    await convertAndLeave(database)
    for (let time = 0; time < 2; time += 1) expect(await run(database, 'seal', 'accept')).toMatchObject({ code: 0 })
    expect(await run(database, 'seal', 'accept')).toMatchObject({ document: { from: 'accept', to: 'accept' } })
  })

  it('is refused before there is a plan to change', async () => {
    await using database = await createOwnedDatabase(schema)
    expect(await run(database, 'seal', 'accept')).toMatchObject({
      code: 1,
      document: { error: { code: 'NOT_CONVERTED' } },
    })
  })

  it('lasts through later phases and rollbacks to earlier ones', async () => {
    await using database = await createOwnedDatabase(schema)
    const converted = await convertAndLeave(database)
    await run(database, 'seal', 'accept')
    const key = String((await run(database, 'seal', 'rotate')).document['key'])
    await run(database, 'seal', 'require')
    for (const move of [
      ['apply', '--to', 'enforce'],
      ['rollback', '--to', 'expand'],
      ['apply', '--to', 'contract'],
    ]) {
      expect(await run(database, ...move)).toMatchObject({ code: 0 })
      expect(await run(database, 'verify')).toMatchObject({ code: 0, document: { ok: true, seal: 'require' } })
      expect(await service(database, converted, key)).toBe('2 rows')
    }
  })

  it('rolls back with the conversion, whatever it takes', async () => {
    await using database = await createOwnedDatabase(schema)
    await convertAndLeave(database)
    await run(database, 'seal', 'accept')
    expect(await run(database, 'rollback')).toMatchObject({ code: 0 })
    expect(await query(database.adminUrl, "select from pg_namespace where nspname = 'partywall'")).toEqual([])
  })
})

describe('partywall seal rotate', () => {
  it('adds a key beside those before it, which retire after the overlap', async () => {
    await using database = await createOwnedDatabase(schema)
    const converted = await convertAndLeave(database, { seal: true })
    const keyOf = async (...options: string[]): Promise<string> =>
      String((await run(database, 'seal', 'rotate', ...options)).document['key'])
    const first = await keyOf()
    const second = await keyOf()
    expect(await service(database, converted, first)).toBe('2 rows')
    expect(await service(database, converted, second)).toBe('2 rows')
    const { document } = await run(database, 'status')
    const hoursLeft = (at: string): number => (Date.parse(at) - Date.now()) / 3_600_000
    const { keys } = document['seal'] as { keys: { id: string; retiresAt: string | null }[] }
    expect(keys.map(({ id }) => id)).toEqual([second.slice(0, 8), first.slice(0, 8)])
    expect(hoursLeft(keys[1]?.retiresAt ?? '')).toBeCloseTo(168, 1)
    const third = await keyOf('--overlap-hours', '0')
    expect(await service(database, converted, first)).toBe('SEAL_REFUSED')
    expect(await service(database, converted, second)).toBe('SEAL_REFUSED')
    expect(await service(database, converted, third)).toBe('2 rows')
    expect(await query(database.adminUrl, 'select id from partywall.seal_keys')).toEqual([{ id: third.slice(0, 8) }])
    expect(await run(database, 'seal', 'rotate', '--overlap-hours', 'x')).toMatchObject({ code: 2 })
  })

  it('keeps the keys from roles that default privileges give every table to', async () => {
    await using database = await createOwnedDatabase(schema)
    const reader = await database.login()
    await execute(database.ownerUrl, `alter default privileges grant all on tables to ${reader.role}, public`)
    const { session, plan } = await convert(database, 'contract', { seal: true })
    await using _session = session
    await rotateSealKey(session, plan.settings, { overlapMs: 0 })
    const login = await database.login([plan.settings.roles.app])
    const operator = await database.login([plan.settings.roles.operator])
    for (const { url } of [reader, login, operator]) {
      const client = new Client({ connectionString: url })
      await client.connect()
      await expect(client.query('select * from partywall.seal_keys')).rejects.toMatchObject({ code: '42501' })
      await client.end()
    }
  })
})
