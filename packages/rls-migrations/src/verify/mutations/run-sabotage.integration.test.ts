import { testServer } from '@partywall/testing/vitest'
import { expect, it } from 'vitest'
import { openSession } from '../../database/session.ts'
import { changesNothing, runSabotage } from './run-sabotage.ts'

const tables = [
  'create table public.bare (id int primary key)',
  'create table public.guarded (id int primary key, bare int references public.bare)',
  'alter table public.bare disable trigger all',
]

const sabotages: Readonly<Record<string, string | undefined>> = {
  'alter table public.guarded disable trigger all': undefined,
  'alter table public.bare disable trigger all': changesNothing,
  'alter table public.bare force row level security': undefined,
  'grant select on public.bare to public': undefined,
  'create role partywall_idle': undefined,
  "select set_config('app.any', 'value', true)": changesNothing,
  'alter table public.nowhere disable trigger all': '42P01 relation "public.nowhere" does not exist',
}

it('tells what sabotages something, what the server refuses, and what changes nothing', async () => {
  await using database = await (await testServer()).createDatabase()
  await using session = await openSession({ url: database.url(), applicationName: 'mutate' })
  for (const statement of tables) await session.query(statement)
  for (const [statement, expected] of Object.entries(sabotages)) {
    await session.query('begin')
    expect({ statement, told: await runSabotage(session, { statements: [statement] }) }).toEqual({
      statement,
      told: expected,
    })
    await session.query('rollback')
  }
})
