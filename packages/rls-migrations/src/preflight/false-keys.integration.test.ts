import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, execute } from '../../test/owned-database.ts'
import { hazardsOf } from '../../test/round-trip.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { readConversion } from '../conversion.ts'
import { openSession } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'

/** A key that was validated as an owner under FORCE, over a row that breaks it. */
const text = `
  create table parents (id int primary key);
  create table children (id int primary key, parent int);
  insert into children values (1, 7);
  create policy nobody on children using (false);
  alter table children enable row level security, force row level security;
  alter table children add constraint children_parent_fk foreign key (parent) references parents;`

describe('foreign keys that PostgreSQL calls valid without having seen a row', () => {
  const planAs = async (url: string): Promise<Plan> => {
    await using session = await openSession({ url, applicationName: 'test' })
    return (await readConversion(session, resolveConfig({}))).plan
  }

  it('block a conversion when this login sees that rows break them', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    await execute(database.ownerUrl, text)
    const plan = await planAs(database.adminUrl)
    expect(hazardsOf(plan, 'false-key')).toEqual(['blocking false-key: foreign key children_parent_fk on children'])
    expect(plan.hazards.find(({ id }) => id === 'false-key')?.message).toContain('1 rows reference no row')
    await database.admin('insert into parents values (7)')
    expect(hazardsOf(await planAs(database.adminUrl), 'false-key', 'unproved-key')).toEqual([])
  })

  it('are named with the query that proves them when this login may not see the rows', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    await execute(database.ownerUrl, text)
    const plan = await planAs(database.ownerUrl)
    expect(hazardsOf(plan, 'unproved-key')).toEqual([
      'warning unproved-key: foreign key children_parent_fk on children',
    ])
    const message = plan.hazards.find(({ id }) => id === 'unproved-key')?.message ?? ''
    await using admin = await openSession({ url: database.adminUrl, applicationName: 'test' })
    expect((await admin.query(message.replace(/^.*this must be 0: /, ''))).rows).toEqual([{ rows: 1 }])
  })
})
