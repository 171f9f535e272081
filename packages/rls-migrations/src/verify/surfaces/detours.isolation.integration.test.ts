import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, query, type OwnedDatabase } from '../../../test/owned-database.ts'
import type { OpenSession } from '../../database/session.ts'
import type { Plan } from '../../plan/plan.ts'
import { verifyDatabase } from '../verify-database.ts'
import type { VerifyReport } from '../verify-report.ts'

let database: OwnedDatabase
let session: OpenSession
let plan: Plan

/** Another role's schema, whose lines everybody finds: nothing in the catalog says whose they are. */
const search = `
  create schema search authorization $SEARCH; grant usage on schema public to $SEARCH; grant select, insert, update on public.tasks to $SEARCH;
  set role $SEARCH; create table search.entries (line text);
  create function search.find(wanted text) returns setof text language sql stable security definer set search_path = search as 'select line from entries where line = wanted'; reset role;
  create view listed as select id, title from public.tasks where title <> '';
  create view filed as select org_id, id, title from public.tasks`

/** As a role that no policy binds by owner, and that nobody of the application may act as. */
const sabotages = {
  'what a trigger of a view copies': {
    statement: `set role $SEARCH; create function search.copy() returns trigger language plpgsql security definer set search_path = search as $$ begin insert into entries values (new.title); return new; end $$; reset role;
      create trigger copy instead of insert on listed for each row execute function search.copy()`,
    found: { probe: 'noninterference', detail: expect.stringContaining('B write through a view') },
  },
  'what a function that writes copies': {
    statement: `set role $SEARCH; create function search.rename_task(task text, title text) returns void language plpgsql security definer set search_path = search as $$ begin insert into entries values (rename_task.title); update public.tasks t set title = rename_task.title where t.id = task; end $$`,
    found: { probe: 'noninterference', detail: expect.stringContaining('B call a function that writes') },
  },
  'what a function that names no table copies': {
    statement: `set role $SEARCH; create function search.note(title text) returns void language sql security definer set search_path = search as $$ insert into entries values (title) $$`,
    found: { probe: 'noninterference', detail: expect.stringContaining('B call a function that writes') },
  },
  'a trigger of a view that writes for others': {
    statement: `create function search.file() returns trigger language plpgsql security definer set search_path = search as $$ begin insert into public.tasks (org_id, id, title) values (new.org_id, new.id, new.title); return new; end $$;
      create trigger file instead of insert on filed for each row execute function search.file()`,
    found: { probe: 'stand-in', detail: 'A wrote a row of B through filed' },
  },
  'a trigger of a view that deletes by key alone': {
    statement: `create function search.toss() returns trigger language plpgsql security definer set search_path = search as $$ begin delete from public.tasks where id = old.id; return old; end $$;
      create view everyone as select id from public.tasks; grant select, delete on everyone to $APP;
      create trigger toss instead of delete on everyone for each row execute function search.toss()`,
    found: { probe: 'stand-in', detail: "A deleted B's row through everyone" },
  },
} as const

const filled = (text: string): string =>
  text.replaceAll('$SEARCH', `"${database.name}_search"`).replaceAll('$APP', `"${plan.settings.roles.app}"`)

beforeAll(async () => {
  database = await createOwnedDatabase({ text: 'create table tasks (id text primary key, title text not null)' })
  ;({ session, plan } = await convertWhole(database, 'contract'))
  const { app } = plan.settings.roles
  await database.admin(`create role "${database.name}_search"`)
  await database.admin(
    `${filled(search)}; grant usage on schema search to "${app}"; grant select, insert on listed, filed to "${app}"`,
  )
  if (session.serverVersion >= 150000)
    await database.admin('alter view listed set (security_invoker); alter view filed set (security_invoker)')
})

afterAll(async () => {
  await session.close()
  await database.admin(`drop owned by "${database.name}_search" cascade; drop role "${database.name}_search"`)
  await database[Symbol.asyncDispose]()
})

const verify = (): Promise<VerifyReport> =>
  verifyDatabase({ session, plan, phase: 'contract', transactionBudgetMs: 5000 })

describe('what a trigger does to another table', () => {
  it('is seen in a row of A there, however many tables lie between them', async () => {
    const names = Array.from({ length: 18 }, (_, at) => `table_${String(at).padStart(2, '0')}`)
    await using many = await createOwnedDatabase({
      text: names
        .map((name) => `create table ${name} (id text primary key, touched int not null default 0)`)
        .join(';\n'),
    })
    const converted = await convertWhole(many, 'contract')
    await using own = converted.session
    const touching = `update public.table_17 set touched = touched + 1`
    await many.admin(
      `create function touch() returns trigger language plpgsql security definer set search_path = pg_catalog as $$ begin ${touching}; return null; end $$;
       create trigger touch after insert on table_00 for each row execute function touch()`,
    )
    const { crossings } = await verifyDatabase({ session: own, plan: converted.plan, phase: 'contract' })
    expect(crossings).toContainEqual({
      table: 'table_00',
      probe: 'noninterference',
      detail: expect.stringContaining('through the table table_17 A sees B write'),
    })
  })
})

describe('what is written past a table', () => {
  it.each(Object.entries(sabotages))('is followed: %s', async (_name, { statement, found }) => {
    await database.admin(filled(statement))
    try {
      const { crossings } = await verify()
      expect(crossings).toContainEqual({ table: 'tasks', ...found })
      expect(await query(database.adminUrl, 'select * from search.entries')).toEqual([])
    } finally {
      await database.admin(
        'drop view if exists everyone; drop function if exists search.copy(), search.file(), search.toss(), search.rename_task(text, text), search.note(text) cascade',
      )
    }
  })
})
