import type { Client } from 'pg'
import { Evidence } from './evidence.ts'
import type { Names } from './names.ts'
import type { Race } from './set-up.ts'
import type { Testimony } from './witness.ts'
import { activeOwners, takenSeats } from './world.ts'
import type { World } from './world.ts'

type Row = Readonly<Record<string, unknown>>

/** What is in the database when an interleaving is over. */
export interface FinalState {
  /** Rows of the organization, by table. */
  readonly rows: (relation: string) => readonly Row[]
  /** Slots of the tokens that `find_invitation` knows. */
  readonly tokens: readonly number[]
  /** Slots of the secrets that `find_api_key` knows, with the role that the answer gives. */
  readonly secrets: ReadonlyMap<number, string>
}

// No scenario makes as many.
const slots = Array.from({ length: 20 }, (_, slot) => slot)

const everything: Readonly<Record<string, string>> = {
  organizations: 'select id as organization_id, o.* from partywall.organizations o where id = any ($1)',
  memberships: 'select * from partywall.memberships where organization_id = any ($1)',
  invitations: 'select * from partywall.invitations where organization_id = any ($1)',
  api_keys: 'select * from partywall.api_keys where organization_id = any ($1)',
  invitation_tokens: `select i.organization_id, i.status from partywall.invitation_tokens t
    join partywall.invitations i on i.id = t.invitation_id where i.organization_id = any ($1)`,
  outbox: `select o.organization_id, count(*)::int as events, max(position)::int as position, s.last_position::int
    from partywall.outbox o left join partywall.outbox_streams s using (organization_id)
    where o.organization_id = any ($1) group by 1, s.last_position`,
}

/** Reads the end of many interleavings at once: as the administrator, and what the application may look up. */
export async function readFinalStates(
  { admin, app }: { readonly admin: Client; readonly app: Client },
  races: readonly Race[],
): Promise<(race: Race) => FinalState> {
  const ids = races.map(({ names }) => names.organizationId)
  const rows = new Map<string, Row[]>()
  for (const [relation, sql] of Object.entries(everything)) {
    for (const row of (await admin.query<Row>(sql, [ids])).rows) {
      const key = `${relation} ${String(row['organization_id'])}`
      rows.set(key, [...(rows.get(key) ?? []), row])
    }
  }
  const tokens = await lookUp(app, 'find_invitation(given.digest)', digestsOf(races, 'tokenDigest'))
  const secrets = await lookUp(app, 'find_api_key(given.digest)', digestsOf(races, 'secretDigest'))
  return ({ names }) => ({
    rows: (relation) => rows.get(`${relation} ${names.organizationId}`) ?? [],
    tokens: slots.filter((slot) => tokens.has(names.tokenDigest(slot).toString('hex'))),
    secrets: new Map(
      slots.flatMap((slot) => {
        const role = secrets.get(names.secretDigest(slot).toString('hex'))
        return role === undefined ? [] : [[slot, role] as const]
      }),
    ),
  })
}

function digestsOf(races: readonly Race[], kind: 'tokenDigest' | 'secretDigest'): readonly Buffer[] {
  return races.flatMap(({ names }) => slots.map((slot) => names[kind](slot)))
}

async function lookUp(app: Client, call: string, digests: readonly Buffer[]): Promise<ReadonlyMap<string, string>> {
  const sql = `select encode(given.digest, 'hex') as digest, found.role
    from unnest($1::bytea[]) given (digest), partywall.${call} found`
  const { rows } = await app.query<{ digest: string; role: string }>(sql, [digests])
  return new Map(rows.map(({ digest, role }) => [digest, role]))
}

/** Where the end is not the one that the rules give. */
export function differences(state: FinalState, expected: World, { names, invitations }: Race): readonly string[] {
  const nothing: World = { ...expected, members: new Map(), invitations: new Map(), keys: new Map() }
  const end = new Evidence(nothing, names, invitations)
  end.take(
    ['organizations', 'memberships', 'invitations', 'api_keys'].flatMap((relation) =>
      state
        .rows(relation)
        .map((after): Testimony => ({ seq: '0', interleaving: 0, session: 0, relation, before: null, after })),
    ),
  )
  return [
    ...sameLines('the end', end.summary(), new Evidence(expected, names, invitations).summary()),
    ...counted(state, expected),
    ...lookedUp(state, expected, names),
  ]
}

/** What differs between two lists of lines. */
export function sameLines(where: string, seen: readonly string[], expected: readonly string[]): readonly string[] {
  const extra = seen.filter((line) => !expected.includes(line))
  const missing = expected.filter((line) => !seen.includes(line))
  if (extra.length + missing.length === 0 && seen.length === expected.length) return []
  return [`${where}: there is [${extra.join('; ')}], and there is not [${missing.join('; ')}]`]
}

function counted(state: FinalState, { members }: World): readonly string[] {
  const [organization] = state.rows('organizations')
  const [stream] = state.rows('outbox')
  const pending = state.rows('invitations').filter(({ status }) => status === 'pending')
  const tokens = state.rows('invitation_tokens')
  return sameLines(
    'what is counted',
    [
      `${String(organization?.['owner_count'])} owners`,
      `${String(organization?.['member_count'])} members`,
      `${String(stream?.['position'])} events, ${String(stream?.['last_position'])} positions`,
      ...tokens.map(({ status }, at) => `token ${at}, ${String(status)}`),
    ],
    [
      `${activeOwners(members.values())} owners`,
      `${takenSeats(members.values())} members`,
      `${String(stream?.['events'])} events, ${String(stream?.['events'])} positions`,
      ...pending.map((_, at) => `token ${at}, pending`),
    ],
  )
}

function lookedUp(state: FinalState, world: World, names: Names): readonly string[] {
  const open = [...world.tokens].filter(([, slot]) => {
    const invitation = world.invitations.get(slot)
    return world.status === 'active' && invitation?.status === 'pending' && !invitation.expired
  })
  const usable = [...world.secrets].flatMap(([secret, slot]) => {
    const key = world.keys.get(slot)
    const member = world.members.get(key?.grantedBy ?? '')
    if (key === undefined || key.revoked || key.expired || member?.status !== 'active') return []
    return [`secret ${secret} of a ${names.role(member.role)}`]
  })
  return [
    ...sameLines(
      'tokens that open',
      state.tokens.map((slot) => `token ${slot}`),
      open.map(([slot]) => `token ${slot}`),
    ),
    ...sameLines(
      'secrets that open',
      [...state.secrets].map(([slot, role]) => `secret ${slot} of a ${role}`),
      usable,
    ),
  ]
}
