import type { Client } from 'pg'
import { randomUUID } from 'node:crypto'
import type { Names } from './names.ts'
import type { Scenario } from './scenario.ts'
import { ownRoles } from './scenario.ts'
import { seatsOf } from './world.ts'

/** A scenario with its names, and the ids of the invitations that it begins with, by slot. */
export interface Race {
  readonly scenario: Scenario
  readonly names: Names
  readonly invitations: Map<number, string>
}

const purgeAt = { active: null, suspended: null, deleted: '2100-01-01', overdue: '2000-01-01' }

/** Makes the organizations of races, in bulk: the triggers count them, and the witness looks away. */
export async function setUp(admin: Client, races: readonly Race[]): Promise<void> {
  const rowsOf = (rows: (race: Race) => readonly Record<string, unknown>[]): string =>
    JSON.stringify(races.flatMap(rows))
  const insert = async (table: string, columns: string, rows: string): Promise<void> => {
    const target = columns.replaceAll(/ [a-z[\]]+(,|$)/g, '$1')
    const sql = `insert into partywall.${table} (${target}) select ${target} from json_to_recordset($1) as r (${columns})`
    await admin.query(sql, [rows])
  }
  await insert(
    'roles',
    'name text, rank integer, permissions text[]',
    rowsOf(({ names }) => ownRoles.map((role) => ({ ...role, name: names.role(role.name) }))),
  )
  await insert(
    'organizations',
    'id uuid, slug text, name text, seat_limit integer, status text, purge_at timestamptz',
    rowsOf(({ names, scenario }) => [
      {
        id: names.organizationId,
        slug: `race-${names.number}`,
        name: 'name',
        seat_limit: seatsOf(scenario),
        status: scenario.status === 'overdue' ? 'deleted' : scenario.status,
        purge_at: purgeAt[scenario.status],
      },
    ]),
  )
  await insert(
    'memberships',
    'organization_id uuid, user_id text, role text, status text',
    rowsOf(({ names, scenario }) =>
      scenario.members.map(({ user, role, status }) => {
        return { organization_id: names.organizationId, user_id: user, role: names.role(role), status }
      }),
    ),
  )
  await insertInvitations(insert, rowsOf)
  await insertKeys(insert, rowsOf)
}

type Insert = (table: string, columns: string, rows: string) => Promise<void>
type RowsOf = (rows: (race: Race) => readonly Record<string, unknown>[]) => string

async function insertInvitations(insert: Insert, rowsOf: RowsOf): Promise<void> {
  await insert(
    'invitations',
    'id uuid, organization_id uuid, email text, role text, invited_by text, expires_at timestamptz',
    rowsOf(({ names, scenario, invitations }) =>
      scenario.invitations.map(({ email, role, invitedBy, expired }, slot) => {
        const id = randomUUID()
        invitations.set(slot, id)
        const expires_at = expired ? '2000-01-01' : '2100-01-01'
        const organization_id = names.organizationId
        return { id, organization_id, email, role: names.role(role), invited_by: invitedBy, expires_at }
      }),
    ),
  )
  await insert(
    'invitation_tokens',
    'digest bytea, invitation_id uuid',
    rowsOf(({ names, invitations }) =>
      [...invitations].map(([slot, id]) => ({ digest: text(names.tokenDigest(slot)), invitation_id: id })),
    ),
  )
}

async function insertKeys(insert: Insert, rowsOf: RowsOf): Promise<void> {
  await insert(
    'api_keys',
    'id text, organization_id uuid, name text, permissions text[], granted_by text',
    rowsOf(({ names, scenario }) =>
      scenario.keys.map(({ permissions, grantedBy }, slot) => {
        const organization_id = names.organizationId
        return { id: names.keyId(slot), organization_id, name: 'key', permissions, granted_by: grantedBy }
      }),
    ),
  )
  await insert(
    'api_key_secrets',
    'digest bytea, key_id text',
    rowsOf(({ names, scenario }) =>
      scenario.keys.map((_, slot) => ({ digest: text(names.secretDigest(slot)), key_id: names.keyId(slot) })),
    ),
  )
}

function text(digest: Buffer): string {
  return `\\x${digest.toString('hex')}`
}
