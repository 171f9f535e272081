import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute, query } from '../test/owned-database.ts'
import { roundTrip } from '../test/round-trip.ts'

const uuid = '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f'
const other = '1f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f'

const schema = (type: string): string => `
  create domain user_uuid as uuid;
  create domain user_name as varchar(40) check (length(value) > 0);
  create domain user_nick as user_name;
  create table users (id ${type} primary key, email text unique);
  create table tasks (id serial primary key, person ${type} references users);
`

describe.each([
  ['integer', '1', '2'],
  ['uuid', uuid, other],
  ['varchar(40)', 'ann', 'bob'],
  ['char(3)', 'ann', 'bob'],
  ['user_uuid', uuid, other],
  ['user_name', 'ann', 'bob'],
  ['user_nick', 'ann', 'bob'],
  ['citext', 'ann', 'bob'],
])('users whose id is %s', (type, member, stranger) => {
  it('are seen by the organizations that they belong to, and roll back', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    await database.admin('create extension citext')
    await execute(database.ownerUrl, schema(type))
    await roundTrip(database)
    await execute(
      database.ownerUrl,
      `insert into users values ('${member}', 'member@example.com'), ('${stranger}', 'stranger@example.com')`,
    )
    const { session, plan } = await convert(database, 'enforce')
    await session.close()
    const organization = plan.settings.defaultOrganization?.id
    await database.admin(
      `insert into partywall.memberships (organization_id, user_id, role, status) values ('${organization}', '${member}', 'owner', 'active')`,
    )
    const app = await database.login([plan.settings.roles.app])
    const rows = await query(
      app.url,
      `begin; set local app.current_tenant_id = '${organization}'; select email from users`,
    )
    expect(rows).toEqual([{ email: 'member@example.com' }])
  })
})
