import { expect } from 'vitest'
import type { ConvertedDatabase } from '../../src/converted-database.fixture.ts'

/** What never holds of a control plane, whoever died: each finds the rows that are halves. */
const halves: Readonly<Record<string, string>> = {
  'an organization without an owner': `
    select o.id from partywall.organizations o where not o.is_default and not exists (
      select from partywall.memberships m where m.organization_id = o.id and m.role = 'owner' and m.status = 'active')`,
  'members that are counted wrong': `
    select o.id from partywall.organizations o left join partywall.memberships m on m.organization_id = o.id
    group by o.id having o.member_count <> count(m.user_id) filter (where m.status <> 'suspended')
      or o.owner_count <> count(m.user_id) filter (where m.role = 'owner' and m.status = 'active')`,
  'a pending invitation without its one token, or a token of another': `
    select i.id from partywall.invitations i left join partywall.invitation_tokens t on t.invitation_id = i.id
    group by i.id having count(t.digest) <> case i.status when 'pending' then 1 else 0 end`,
  'an accepted invitation without its member': `
    select i.id from partywall.invitations i where i.status = 'accepted' and not exists (
      select from partywall.memberships m where m.organization_id = i.organization_id and m.user_id = i.accepted_by)`,
  'a key without a secret, or a revoked one with one': `
    select k.id from partywall.api_keys k left join partywall.api_key_secrets s on s.key_id = k.id
    group by k.id having (count(s.digest) > 0) <> (k.revoked_at is null)`,
  'positions with a gap': `
    select s.organization_id from partywall.outbox_streams s left join partywall.outbox e on e.organization_id = s.organization_id
    group by s.organization_id, s.last_position having count(e.id) <> s.last_position or max(e.position) <> s.last_position`,
  'a member whose event is not told': `
    select m.user_id from partywall.memberships m where not exists (select from partywall.outbox e
      where e.organization_id = m.organization_id and e.type = 'member.added' and e.payload ->> 'userId' = m.user_id)`,
  'a member who is told and not there': `
    select e.id from partywall.outbox e join partywall.organizations o on o.id = e.organization_id
    where e.type = 'member.added' and not exists (select from partywall.memberships m
      where m.organization_id = e.organization_id and m.user_id = e.payload ->> 'userId')
    and not exists (select from partywall.outbox r where r.organization_id = e.organization_id and r.position > e.position
      and r.type = 'member.removed' and r.payload ->> 'userId' = e.payload ->> 'userId')`,
  'an invitation or a key whose event is not told': `
    select d.id from (select id::text, organization_id, 'invitation' as kind from partywall.invitations
      union all select id, organization_id, 'api_key' from partywall.api_keys) d
    where not exists (select from partywall.outbox e where e.organization_id = d.organization_id and e.type = d.kind || '.created'
      and d.id in (e.payload ->> 'invitationId', e.payload ->> 'keyId'))`,
}

const tables = [
  'organizations',
  'memberships',
  'invitations',
  'invitation_tokens',
  'api_keys',
  'api_key_secrets',
  'subscriptions',
  'outbox_streams',
  'outbox',
] as const

/** The tables that operations write, the service's one included. */
export const writtenTables: readonly string[] = [...tables.map((table) => `partywall.${table}`), 'public.projects']

/** Every row of them, to the last microsecond. */
export async function snapshotOf(database: ConvertedDatabase): Promise<string> {
  const parts = writtenTables.map(
    (table) =>
      `select '${table}' as name, (select jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text) from ${table} t) as rows`,
  )
  return JSON.stringify(await database.admin(parts.join(' union all ')))
}

/** Fails when anything is a half. */
export async function assertWhole(database: ConvertedDatabase): Promise<void> {
  for (const [what, sql] of Object.entries(halves)) expect(await database.admin(sql), what).toEqual([])
}

/** The types of the events after an id, in the order in which they were written. */
export async function toldSince(database: ConvertedDatabase, before: ReadonlySet<string>): Promise<readonly string[]> {
  const rows = await database.admin<{ id: string; type: string }>(
    'select id, type from partywall.outbox order by organization_id, position',
  )
  return rows.filter(({ id }) => !before.has(id)).map(({ type }) => type)
}

/** The ids of all events. */
export async function eventIds(database: ConvertedDatabase): Promise<ReadonlySet<string>> {
  return new Set((await database.admin<{ id: string }>('select id from partywall.outbox')).map(({ id }) => id))
}
