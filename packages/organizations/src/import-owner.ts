import { TenancyError } from '@partywall/tenancy-core'
import type { HostUser } from './host-users.ts'
import type { ImportSources } from './survey-import.ts'

/** Who is made an owner by an import. */
export interface ImportedOwner {
  readonly person: HostUser
  /** Whether the caller named that person. */
  readonly named: boolean
}

/**
 * Who an organization that nobody owns belongs to: the user with the lowest id whom the host's roles make an owner, else the
 * one with the lowest id. Nobody, when it has an owner already.
 */
export async function firstOwner(sources: ImportSources, organizationId: string): Promise<HostUser | undefined> {
  const { run, memberships, users, id, email, role, roleValues } = sources
  const rows = await run<HostUser>(
    `select ${id}::text as "userId", ${email}::text as email from ${users} u
     where not exists (select from ${memberships} where organization_id::text = $1 and role = 'owner')
     order by ${role}::text is distinct from 'owner', ${id} limit 1`,
    [organizationId, ...roleValues],
  )
  return rows[0]
}

/**
 * @throws {TenancyError} `OWNER_EXISTS` when another active member owns the organization: two who import at the same time, each
 * naming somebody, would leave two owners whom nobody wanted together.
 */
export async function assertNoOther(
  { run, memberships }: ImportSources,
  organizationId: string,
  person: HostUser,
): Promise<void> {
  const owners = await run<{ userId: string }>(
    `select user_id as "userId" from ${memberships}
     where organization_id::text = $1 and role = 'owner' and status = 'active' order by user_id limit 1000`,
    [organizationId],
  )
  if (owners.length === 0 || owners.some(({ userId }) => userId === person.userId)) return
  throw ownerExists(organizationId)
}

/**
 * Makes a person an owner, and gives whether that added a membership. Whether there is another owner is decided under the
 * lock of the organization.
 *
 * @throws {TenancyError} `OWNER_EXISTS` for somebody who was named.
 */
export async function makeOwner(
  sources: ImportSources,
  organizationId: string,
  { person, named, besideOthers }: ImportedOwner & { readonly besideOthers: boolean },
): Promise<boolean> {
  const { run, memberships, organizations } = sources
  const rows = await run<{ added: boolean }>(
    `with organization as (
       select id from ${organizations} where id::text = $1 and ($3::boolean or owner_count = 0) for no key update
     )
     insert into ${memberships} as m (organization_id, user_id, role) select id, $2, 'owner' from organization
     on conflict (organization_id, user_id) do update set role = 'owner', updated_at = pg_catalog.now()
       where m.role <> 'owner'
     returning xmax = 0 as added`,
    [organizationId, person.userId, besideOthers],
  )
  if (rows[0] === undefined && named) await assertNoOther(sources, organizationId, person)
  return rows[0]?.added === true
}

function ownerExists(organizationId: string): TenancyError {
  return new TenancyError(
    'OWNER_EXISTS',
    'Somebody else owns the organization. Nothing was imported. Transfer the ownership, or say that there shall be another owner.',
    { details: { organizationId } },
  )
}
