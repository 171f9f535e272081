import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase } from '../../test/owned-database.ts'
import { readConversion } from '../conversion.ts'
import { openSession } from '../database/session.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { forecast } from './forecast.ts'

const text = `
create table people (id serial primary key, email text not null, born date not null);
create index people_email on people (lower(email));
create index people_born on people (born);
create table secrets (id int primary key);
insert into people (email, born) select 'p' || n || '@example.org', date '2000-01-01' + n from generate_series(1, 20000) n;
analyze;`

const statement = (query: string): { query: string; calls: number; totalMs: number } => ({
  query,
  calls: 5,
  totalMs: 9,
})

describe('forecast', () => {
  it('names the conditions that lose their index below the policies, and no others', async () => {
    await using database = await createOwnedDatabase({ text })
    const { session, plan } = await convert(database, 'expand', { tables: { skipped: ['secrets'] } })
    await using _session = session
    const result = await forecast({
      session,
      plan,
      statements: [
        statement('SELECT id FROM people WHERE lower(email) = $1'),
        statement('select email from people where born = $1'),
        statement('update people set born = $2 where id = $1'),
        statement('select * from secrets where id = $1'),
        statement('select $1 + interval $2'),
        statement('vacuum people'),
      ],
    })
    expect(result).toMatchObject({ explained: 3, skipped: 2 })
    expect(result.demoted).toMatchObject([
      {
        query: 'SELECT id FROM people WHERE lower(email) = $1',
        demotions: [{ table: 'people', index: 'people_email', condition: '(lower(email) = $1)' }],
      },
    ])
    expect(result.demoted[0]?.cost.after).toBeGreaterThan(result.demoted[0]?.cost.before ?? 0)
  })

  it('executes nothing and leaves nothing behind', async () => {
    await using database = await createOwnedDatabase({ text })
    const { session, plan } = await convert(database, 'contract', { tables: { skipped: ['secrets'] } })
    await using _session = session
    await forecast({
      session,
      plan,
      statements: [statement('delete from people where id = $1'), statement('select 1 / 0')],
    })
    const { rows } = await session.query(
      'select (select count(*)::int from public.people) as people, (select count(*)::int from pg_prepared_statements) as prepared',
    )
    expect(rows).toEqual([{ people: 20000, prepared: 0 }])
  })

  it('is refused before the policies stand, with FORECAST_TOO_EARLY', async () => {
    await using database = await createOwnedDatabase({ text })
    await using session = await openSession({ url: database.ownerUrl, applicationName: 'test' })
    const { plan } = await readConversion(session, resolveConfig({}))
    await expect(forecast({ session, plan, statements: [] })).rejects.toMatchObject({ code: 'FORECAST_TOO_EARLY' })
  })
})
