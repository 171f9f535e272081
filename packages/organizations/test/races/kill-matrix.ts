import { Client, escapeIdentifier } from 'pg'
import type { Guard } from './guards/guard.ts'
import { eventGuards } from './guards/event-guards.ts'
import { invitationGuards } from './guards/invitation-guards.ts'
import { keyGuards } from './guards/key-guards.ts'
import { lookUpGuards } from './guards/look-up-guards.ts'
import { memberGuards } from './guards/member-guards.ts'
import { appRole, tableGuards } from './guards/table-guards.ts'
import type { RaceDatabase } from './race-database.ts'
import { runAttacks } from './run-attacks.ts'
import { runRaces } from './run-races.ts'

/** What became of a database without one guard. */
export interface KillRow {
  readonly name: string
  readonly killed: boolean
  /** What turned red first. */
  readonly by: string
  readonly interleavings: number
  readonly durationMs: number
}

/** Every guard. */
export function allGuards(): readonly Guard[] {
  return [...memberGuards, ...invitationGuards, ...keyGuards, ...lookUpGuards, ...eventGuards, ...tableGuards()]
}

/** Takes a guard away from a copy of the database, and attacks and races there until something turns red. */
export async function playGuard(
  database: RaceDatabase,
  guard: Guard,
  { seed, interleavings }: { readonly seed: number; readonly interleavings: number },
): Promise<KillRow> {
  const startedAt = performance.now()
  await using copy = await database.clone('')
  await takeAway(copy, guard)
  const attacks = await runAttacks(copy.urls).catch((error: unknown) => [`attacks end with ${String(error)}`])
  let run = { interleavings: 0, examples: [] as readonly string[] }
  if (attacks.length === 0) {
    const options = { urls: copy.urls, seed, from: 0, count: interleavings, stopAtViolation: true }
    run = await runRaces(options).catch((error: unknown) => ({ ...run, examples: [`races end with ${String(error)}`] }))
  }
  const [by = ''] = [...attacks, ...run.examples.map(firstViolation)]
  const durationMs = Math.round(performance.now() - startedAt)
  return { name: guard.name, killed: by !== '', by, interleavings: run.interleavings, durationMs }
}

function firstViolation(example: string): string {
  return /! (.*)/.exec(example)?.[1] ?? example
}

async function takeAway(copy: RaceDatabase, { name, functions = [], sql }: Guard): Promise<void> {
  const admin = new Client({ connectionString: copy.urls.admin })
  await admin.connect()
  try {
    for (const [routine, piece, instead] of functions) {
      const { rows } = await admin.query<{ source: string }>(
        `select pg_get_functiondef(oid) as source from pg_proc where proname = $1 and pronamespace = 'partywall'::regnamespace`,
        [routine],
      )
      const source = (rows[0]?.source ?? '').replaceAll('"partywall".', 'partywall.')
      const changed = source.replace(piece, instead)
      if (changed === source) throw new Error(`${name}: ${routine} has no ${String(piece)}`)
      await admin.query(changed)
    }
    if (sql !== undefined) await admin.query(sql.replaceAll(appRole, escapeIdentifier(copy.appRole)))
  } finally {
    await admin.end()
  }
}
