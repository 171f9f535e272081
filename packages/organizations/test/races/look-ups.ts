import type { Client } from 'pg'
import type { Race } from './set-up.ts'
import type { World } from './world.ts'

/** What the application is told before a tenant is known, of one organization, in lines. */
export type Answers = ReadonlyMap<string, readonly string[]>

// No scenario makes as many.
const slots = Array.from({ length: 20 }, (_, slot) => slot)
const users = ['u0', 'u1', 'u2', 'u3', 'x0', 'x1']

const onDigests: Readonly<Record<string, string>> = {
  find_invitation: `select given.place, f.role from unnest($1::bytea[]) with ordinality given (digest, place), partywall.find_invitation(given.digest) f`,
  find_api_key: `select given.place, f.role from unnest($1::bytea[]) with ordinality given (digest, place), partywall.find_api_key(given.digest) f`,
  find_api_keys: 'select f.ordinal as place, f.role from partywall.find_api_keys($1) f',
}
const onUsers: Readonly<Record<string, string>> = {
  find_member: `select given.place, concat_ws(' ', f.role, f.membership_status, f.organization_status) as role
    from unnest($1::text[], $2::text[]) with ordinality given (organization, user_id, place),
      partywall.find_member(given.organization, given.user_id) f`,
  find_members: `select f.ordinal as place, concat_ws(' ', f.role, f.membership_status, f.organization_status) as role
    from partywall.find_members($1, $2) f`,
}

/** Asks every look-up about everything that may be there, of many organizations at once. */
export async function lookUp(app: Client, races: readonly Race[]): Promise<(race: Race) => Answers> {
  const told = new Map<Race, Map<string, string[]>>(races.map((race) => [race, new Map()]))
  const ask = async (name: string, sql: string, questions: Questions): Promise<void> => {
    for (const answers of told.values()) answers.set(name, [])
    const { rows } = await app.query<{ place: string; role: string }>(sql, [...questions.values])
    for (const { place, role } of rows) {
      const [race, what] = questions.asked[Number(place) - 1] as readonly [Race, string]
      told.get(race)?.get(name)?.push(`${what}: ${role}`)
    }
  }
  for (const [name, sql] of Object.entries(onDigests)) {
    const kind = name === 'find_invitation' ? 'tokenDigest' : 'secretDigest'
    const asked = races.flatMap((race) => slots.map((slot) => [race, String(slot)] as const))
    await ask(name, sql, { asked, values: [asked.map(([{ names }, slot]) => names[kind](Number(slot)))] })
  }
  for (const [name, sql] of Object.entries(onUsers)) {
    const asked = races.flatMap((race) => users.map((user) => [race, user] as const))
    const values = [asked.map(([{ names }]) => names.organizationId), asked.map(([, user]) => user)]
    await ask(name, sql, { asked, values })
  }
  return (race) => told.get(race) ?? new Map()
}

interface Questions {
  readonly asked: readonly (readonly [race: Race, what: string])[]
  readonly values: readonly (readonly unknown[])[]
}

/** What they have to answer. */
export function expectedAnswers(world: World, { names }: Race): Answers {
  const invitations = [...world.tokens].flatMap(([token, slot]) => {
    const invitation = world.invitations.get(slot)
    if (world.status !== 'active' || invitation?.status !== 'pending' || invitation.expired) return []
    return [`${token}: ${names.role(invitation.role)}`]
  })
  const secrets = [...world.secrets].flatMap(([secret, slot]) => {
    const key = world.keys.get(slot)
    const member = world.members.get(key?.grantedBy ?? '')
    if (key === undefined || key.revoked || key.expired || member?.status !== 'active') return []
    return [`${secret}: ${names.role(member.role)}`]
  })
  const members = [...world.members].map(
    ([user, { role, status }]) => `${user}: ${names.role(role)} ${status} ${world.status}`,
  )
  return new Map([
    ['find_invitation', invitations],
    ['find_api_key', secrets],
    ['find_api_keys', secrets],
    ['find_member', members],
    ['find_members', members],
  ])
}
