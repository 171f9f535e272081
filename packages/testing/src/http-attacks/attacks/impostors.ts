import { isDeepStrictEqual } from 'node:util'
import { told } from '../attack-client.ts'
import { isInside, notRefused } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import type { Credentials } from '../attacked-site.ts'

const unauthenticated = [401, 'UNAUTHENTICATED'] as const

/** Nobody is taken for somebody else, whatever a request says of itself. */
export const impostorAttacks: readonly Attack[] = [
  {
    name: 'nobody, with headers that claim an owner',
    on: ({ scope }) => scope !== 'public',
    play: (target) => nobody(target, forged(target)),
  },
  {
    name: 'a token or a key that is over or not genuine',
    on: ({ scope }) => scope !== 'public',
    play: async (target) => {
      const problems: string[] = []
      for (const [group, all] of Object.entries(target.victim.impostors))
        problems.push(...(await nobody(target, all)).map((one) => `${group}: ${one}`))
      return problems
    },
  },
  {
    name: 'a key, where a person is asked for',
    on: ({ scope }) => scope === 'user',
    play: async ({ victim, ask }) => {
      const { key } = victim.callers
      return key === undefined ? undefined : notRefused('key', await ask(key), unauthenticated)
    },
  },
]

/** None is let in, all of them are answered alike, and as they are where there is no such organization. */
async function nobody(
  { route, victim, ask, inside }: AttackTarget,
  all: Readonly<Record<string, Credentials>>,
): Promise<readonly string[]> {
  const problems: string[] = []
  const answers: unknown[] = []
  for (const [name, who] of Object.entries(all)) {
    const answer = await ask(inside(who, victim))
    problems.push(...notRefused(name, answer, unauthenticated))
    answers.push(told(answer))
  }
  const [first = {}] = Object.values(all)
  if (isInside(route)) answers.push(told(await ask(inside(first, 'no-such-organization'))))
  if (!answers.every((answer) => isDeepStrictEqual(answer, answers[0]))) problems.push('answers can be told apart')
  return problems
}

/** What services are known to have believed. */
function forged({ victim }: AttackTarget): Readonly<Record<string, Credentials>> {
  const { id, slug } = victim
  return {
    nothing: {},
    headers: {
      'x-user': 'owner',
      'x-user-id': '1',
      'x-forwarded-user': 'owner',
      'x-forwarded-email': 'owner@example.com',
      'x-actor': 'owner',
      'x-organization-id': id,
      'x-tenant-id': id,
      cookie: `user=owner; session=owner; organization=${slug}`,
    },
    basic: { authorization: `Basic ${Buffer.from('owner:').toString('base64')}` },
  }
}
