import { isDeepStrictEqual } from 'node:util'
import { asBearer, told } from '../attack-client.ts'
import type { Credentials } from '../attack-client.ts'
import { isInside, notRefused } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import { sessionToken } from '../session-token.ts'

const unauthenticated = [401, 'UNAUTHENTICATED'] as const

/** Nobody is taken for somebody else, whatever a request says of itself. */
export const impostorAttacks: readonly Attack[] = [
  {
    name: 'nobody, with headers that claim an owner',
    on: () => true,
    play: (target) => nobody(target, forged(target)),
  },
  { name: 'a session that is over or not genuine', on: () => true, play: (target) => nobody(target, sessions(target)) },
  { name: 'a key that is no key any more', on: isInside, play: (target) => nobody(target, deadKeys(target)) },
  {
    name: 'a key, where a person is asked for',
    on: (route) => !isInside(route),
    play: async ({ victim, ask }) => notRefused('key', await ask(asBearer(victim.keys.full)), unauthenticated),
  },
]

async function nobody({ victim, ask }: AttackTarget, all: Readonly<Record<string, Credentials>>): Promise<string[]> {
  const problems: string[] = []
  const answers: unknown[] = []
  for (const [name, who] of Object.entries(all)) {
    const answer = await ask({ 'x-organization': victim.slug, ...who })
    problems.push(...notRefused(name, answer, unauthenticated))
    answers.push(told(answer))
  }
  if (!answers.every((answer) => isDeepStrictEqual(answer, answers[0]))) problems.push('answers can be told apart')
  return problems
}

function forged({ victim }: AttackTarget): Readonly<Record<string, Credentials>> {
  const { owner } = victim.people
  return {
    nothing: {},
    'x-user': {
      'x-user': owner,
      'x-user-id': owner,
      'x-forwarded-user': owner,
      'x-actor': owner,
      'x-organization-id': victim.id,
      cookie: `user=${owner}; session=${owner}`,
    },
    basic: { authorization: `Basic ${Buffer.from(`${owner}:`).toString('base64')}` },
    'no scheme': { authorization: sessionToken(owner) },
    'bare user': asBearer(owner),
  }
}

function sessions({ victim }: AttackTarget): Readonly<Record<string, Credentials>> {
  const { owner } = victim.people
  const genuine = sessionToken(owner)
  const other = sessionToken('stranger')
  return {
    expired: asBearer(sessionToken(owner, { expired: true })),
    'other key': asBearer(sessionToken(owner, { key: 'another key' })),
    'other signature': asBearer(`${genuine.split('.')[0]}.${other.split('.')[1]}`),
    'no signature': asBearer(`${genuine.split('.')[0]}.`),
  }
}

function deadKeys({ victim }: AttackTarget): Readonly<Record<string, Credentials>> {
  const { revoked, gone, expired, stale, orphaned, full } = victim.keys
  const changed = full.slice(0, -1) + (full.endsWith('A') ? 'B' : 'A')
  return {
    revoked: asBearer(revoked),
    gone: asBearer(gone),
    expired: asBearer(expired),
    stale: asBearer(stale),
    orphaned: asBearer(orphaned),
    changed: asBearer(changed),
    id: asBearer(`pwk_${victim.keys.id}`),
  }
}
