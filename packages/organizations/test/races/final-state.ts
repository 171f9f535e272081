import type { Client } from 'pg'
import { Evidence } from './evidence.ts'
import { expectedAnswers, lookUp } from './look-ups.ts'
import type { Answers } from './look-ups.ts'
import type { Race } from './set-up.ts'
import type { Testimony } from './witness.ts'
import { activeOwners, takenSeats } from './world.ts'
import type { World } from './world.ts'

type Row = Readonly<Record<string, unknown>>

/** What is in the database when an interleaving is over. */
export interface FinalState {
  /** Rows of the organization, by table. */
  readonly rows: (relation: string) => readonly Row[]
  readonly answers: Answers
}

const everything: Readonly<Record<string, string>> = {
  organizations: 'select id as organization_id, o.* from partywall.organizations o where id = any ($1)',
  memberships: 'select * from partywall.memberships where organization_id = any ($1)',
  invitations: 'select * from partywall.invitations where organization_id = any ($1)',
  api_keys: 'select * from partywall.api_keys where organization_id = any ($1)',
  invitation_tokens: `select i.organization_id, i.status from partywall.invitation_tokens t
    join partywall.invitations i on i.id = t.invitation_id where i.organization_id = any ($1)`,
  api_key_secrets: `select k.organization_id from partywall.api_key_secrets s
    join partywall.api_keys k on k.id = s.key_id where k.organization_id = any ($1)`,
  outbox: `select o.organization_id, count(*) filter (where o.type ~ '^(member|organization)[.]')::int as played,
      count(*)::int as events, max(position)::int as position, s.last_position::int
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
  const answersOf = await lookUp(app, races)
  return (race) => ({
    rows: (relation) => rows.get(`${relation} ${race.names.organizationId}`) ?? [],
    answers: answersOf(race),
  })
}

/** Where the end is not the one that the rules give. `appended` are the events of members and of the organization that the race told. */
export function differences(
  state: FinalState,
  expected: World,
  { race, appended }: { readonly race: Race; readonly appended: number },
): readonly string[] {
  const { names, invitations } = race
  const nothing: World = { ...expected, members: new Map(), invitations: new Map(), keys: new Map() }
  const end = new Evidence(nothing, names, invitations)
  end.take(
    ['organizations', 'memberships', 'invitations', 'api_keys'].flatMap((relation) =>
      state
        .rows(relation)
        .map((after): Testimony => ({ seq: '0', interleaving: 0, session: 0, relation, before: null, after })),
    ),
  )
  // One for the organization, and one for each member who was there at the beginning.
  const events = 1 + race.scenario.members.length + appended
  return [
    ...sameLines('the end', end.summary(), new Evidence(expected, names, invitations).summary()),
    ...counted(state, expected, events),
    ...[...expectedAnswers(expected, race)].flatMap(([name, lines]) =>
      sameLines(name, state.answers.get(name) ?? [], lines),
    ),
  ]
}

/** What differs between two lists of lines. */
export function sameLines(where: string, seen: readonly string[], expected: readonly string[]): readonly string[] {
  const extra = seen.filter((line) => !expected.includes(line))
  const missing = expected.filter((line) => !seen.includes(line))
  if (extra.length + missing.length === 0 && seen.length === expected.length) return []
  return [`${where}: there is [${extra.join('; ')}], and there is not [${missing.join('; ')}]`]
}

function counted(
  state: FinalState,
  { members, secrets, tokens, invitations }: World,
  events: number,
): readonly string[] {
  const [organization] = state.rows('organizations')
  const [stream] = state.rows('outbox')
  return sameLines(
    'what is counted',
    [
      `${String(organization?.['owner_count'])} owners`,
      `${String(organization?.['member_count'])} members`,
      `${String(stream?.['played'])} events`,
      `${String(stream?.['position'])} of ${String(stream?.['last_position'])} positions`,
      `${state.rows('api_key_secrets').length} secrets`,
      ...state.rows('invitation_tokens').map(({ status }) => `token of one that is ${String(status)}`),
    ],
    [
      `${activeOwners(members.values())} owners`,
      `${takenSeats(members.values())} members`,
      `${events} events`,
      `${String(stream?.['events'])} of ${String(stream?.['events'])} positions`,
      `${secrets.size} secrets`,
      ...[...tokens.values()].map((slot) => `token of one that is ${String(invitations.get(slot)?.status)}`),
    ],
  )
}
