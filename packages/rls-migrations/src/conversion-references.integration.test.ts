import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase } from '../test/owned-database.ts'
import { hazardsOf } from '../test/round-trip.ts'

describe('foreign keys from rows without a tenant at tenant rows', () => {
  it('block when a deletion would go on into other organizations, and warn when it changes the row', async () => {
    await using database = await createOwnedDatabase({
      text: `
        create table teams (id int primary key);
        create table lists (id int primary key);
        create table users (id int primary key, email text unique, team_id int references teams on delete cascade, list_id int references lists on delete set null, home int references teams);
        create table posts (id int primary key, user_id int references users on delete cascade);
        create table log (id int primary key, team_id int references teams on delete cascade);
        create table hub (id int primary key, team_id int references teams on delete cascade);
        create table spoke (id int primary key, hub_id int references hub on delete cascade)`,
    })
    const { plan, session } = await convert(database, 'install', { tables: { skipped: ['log', 'hub'] } })
    await session.close()
    expect(hazardsOf(plan, 'inward-reference').toSorted()).toEqual([
      'blocking inward-reference: foreign key hub_team_id_fkey on hub',
      'blocking inward-reference: foreign key users_team_id_fkey on users',
      'warning inward-reference: foreign key log_team_id_fkey on log',
      'warning inward-reference: foreign key users_list_id_fkey on users',
    ])
  })
})
