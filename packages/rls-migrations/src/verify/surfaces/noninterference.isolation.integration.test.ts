import { describe, expect, it } from 'vitest'
import {
  convertWhole,
  createOwnedDatabase,
  execute,
  query,
  samples,
  type OwnedDatabase,
} from '../../../test/owned-database.ts'
import type { Plan } from '../../plan/plan.ts'
import { verifyDatabase } from '../verify-database.ts'
import type { VerifyReport } from '../verify-report.ts'

/** A function of the host after the conversion: owned by a role that every policy binds, as contract leaves them. */
async function addFunction(database: OwnedDatabase, { settings }: Plan, definition: string): Promise<void> {
  const name = /function ("?\w+"?\([^)]*\))/.exec(definition)?.[1] ?? ''
  const signature = name.replaceAll(/(\(|, )\w+ /g, '$1').replaceAll(/ default [^,)]*/g, '')
  await database.admin(
    `${definition}; alter function ${signature} owner to "${settings.roles.definer}"; grant execute on function ${signature} to "${settings.roles.app}"`,
  )
}

const leaks = {
  'walks through the organizations of a user': {
    definition: `create function "myOpenTasks"(who text) returns bigint language plpgsql stable security definer set search_path = public, pg_temp as $$
      declare
        one uuid;
        was text := current_setting('app.current_tenant_id', true);
        total bigint := 0;
      begin
        for one in select organization_id from partywall.list_memberships(who) loop
          perform set_config('app.current_tenant_id', one::text, true);
          total := total + (select count(*) from "Task");
        end loop;
        perform set_config('app.current_tenant_id', was, true);
        return total;
      end $$`,
    tables: ['Task'],
    surface: 'function myOpenTasks(who text)',
  },
  'enters the organization that its caller names': {
    definition: `create function "repositoriesOf"(organization uuid) returns setof text language plpgsql stable security definer set search_path = public, pg_temp as $$
      declare was text := current_setting('app.current_tenant_id', true);
      begin
        perform set_config('app.current_tenant_id', organization::text, true);
        return query select "fullName" from "Repository";
        perform set_config('app.current_tenant_id', was, true);
      end $$`,
    tables: ['Repository'],
    surface: 'function repositoriesOf(organization uuid)',
  },
  'tells whether a name is taken, through an error': {
    definition: `create function "isFree"(organization uuid, wanted text default 'x') returns boolean language plpgsql stable set search_path = public, pg_temp as $$
      declare was text := current_setting('app.current_tenant_id', true); found integer;
      begin
        perform set_config('app.current_tenant_id', organization::text, true);
        select 1 / (count(*) - 1) into found from "Label";
        perform set_config('app.current_tenant_id', was, true);
        return found is not null;
      end $$`,
    tables: ['Label'],
    surface: 'function isFree(organization uuid, wanted text)',
  },
} as const

const verify = async (database: OwnedDatabase): Promise<{ report: VerifyReport; plan: Plan }> => {
  const { session, plan } = await convertWhole(database, 'enforce', samples.flakeguard.config)
  await using _session = session
  return { report: await verifyDatabase({ session, plan, phase: 'enforce' }), plan }
}

describe('noninterference of FlakeGuard', () => {
  it('holds for every table, view and function, and says which function it did not call', async () => {
    await using database = await createOwnedDatabase(samples.flakeguard)
    const { report } = await verify(database)
    expect(report.crossings).toEqual([])
    expect(report.surfaces.staticOnly).toEqual([
      { surface: 'function nextTaskNumber(repository text)', reason: 'it writes' },
    ])
    expect(report.surfaces.compared).toBe(report.surfaces.total - 1)
    expect(report.tables).toEqual({ total: report.tables.total, proved: report.tables.total, staticOnly: 0 })
  })

  it.each(Object.entries(leaks))('finds a function that %s, and no query of the catalog does', async (_name, leak) => {
    await using database = await createOwnedDatabase(samples.flakeguard)
    const { plan } = await verify(database)
    await addFunction(database, plan, leak.definition)
    const { report } = await verify(database)
    expect(report.ok).toBe(false)
    expect(new Set(report.crossings.map((crossing) => crossing.probe))).toEqual(new Set(['noninterference']))
    const found = report.crossings.filter((crossing) => crossing.detail.includes(leak.surface))
    expect(found.map((crossing) => crossing.table)).toEqual(expect.arrayContaining([...leak.tables]))
  })

  it('finds a table of the host that a trigger fills from every organization', async () => {
    await using database = await createOwnedDatabase(samples.flakeguard)
    const { plan } = await verify(database)
    await execute(
      database.adminUrl,
      `create role "${database.name}_search"; create schema search authorization "${database.name}_search";
       set role "${database.name}_search";
       create table search.entries (line text);
       create function search.note() returns trigger language plpgsql security definer set search_path = search as $$ begin insert into entries values (new.name); return new; end $$;
       create function search.find(wanted text) returns setof text language sql stable security definer set search_path = search as 'select line from entries where line = wanted';
       grant usage on schema search to "${plan.settings.roles.app}";
       reset role;
       create trigger note after insert on "Label" for each row execute function search.note();`,
    )
    try {
      const { report } = await verify(database)
      expect(report.crossings.map(({ table, probe }) => `${table} ${probe}`)).toEqual(['Label noninterference'])
      expect(await query(database.adminUrl, 'select * from search.entries')).toEqual([])
    } finally {
      await database.admin(`drop schema search cascade; drop role "${database.name}_search"`).catch(() => undefined)
    }
  })

  it('finds a function that leaves the context of its caller', async () => {
    await using database = await createOwnedDatabase(samples.flakeguard)
    const { plan } = await verify(database)
    await addFunction(
      database,
      plan,
      `create function "becomeAnother"() returns void language plpgsql as $$ begin perform set_config('app.current_tenant_id', gen_random_uuid()::text, true); end $$`,
    )
    const { report } = await verify(database)
    expect(report.crossings).toEqual([
      {
        table: '',
        probe: 'noninterference',
        detail: 'the function becomeAnother() leaves another context behind than it found',
      },
    ])
  })
})
