import type { Guard } from './guard.ts'

const positionsOfSnapshot = [
  'append_events',
  's.last_position + excluded.last_position',
  '(select coalesce(max(o.position), 0) from partywall.outbox o where o.organization_id = excluded.organization_id) + excluded.last_position',
] as const

/** Of events and their order. */
export const eventGuards: readonly Guard[] = [
  ...['members', 'organizations'].flatMap((what) =>
    ['added', 'changed', 'removed'].map((how) => ({
      name: `told: ${what} that are ${how}`,
      sql: `alter table partywall.${what === 'members' ? 'memberships' : what} disable trigger tell_${how}_${what}`,
    })),
  ),
  {
    name: 'told: by the control plane alone',
    functions: [['append_event', "'organization', 'member', ", '']],
  },
  { name: 'in order: the position is counted on the newest version of the row', functions: [positionsOfSnapshot] },
  {
    name: 'in order: the same, and a position is taken once',
    functions: [positionsOfSnapshot],
    sql: 'alter table partywall.outbox drop constraint outbox_pkey',
  },
  {
    name: 'in order: a position is taken once',
    sql: 'alter table partywall.outbox drop constraint outbox_pkey',
  },
  {
    name: 'in order: an id is taken once',
    sql: 'alter table partywall.outbox drop constraint outbox_id_key',
  },
]
