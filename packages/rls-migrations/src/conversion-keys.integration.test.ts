import { describe, it } from 'vitest'
import { createOwnedDatabase, execute } from '../test/owned-database.ts'
import { roundTrip } from '../test/round-trip.ts'

describe('the last proof of a foreign key', () => {
  it('compares as the key itself does: citext without case, and by the collation of the referenced column', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    await database.admin('create extension citext')
    await execute(
      database.ownerUrl,
      `create table accounts (id serial primary key, email citext unique);
       create table logins (id serial primary key, email citext references accounts (email));
       insert into accounts (email) values ('someone@example.com');
       insert into logins (email) values ('Someone@example.com');
       create table codes (id serial primary key, code text collate "C" unique);
       create table uses (id serial primary key, code text collate "POSIX" references codes (code));
       insert into codes (code) values ('a');
       insert into uses (code) values ('a');`,
    )
    await roundTrip(database)
  })
})
