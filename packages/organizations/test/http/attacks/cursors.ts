import { asUser } from '../attack-client.ts'
import type { AttackAnswer } from '../attack-client.ts'
import { notRefused } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import type { Sample } from '../sample.ts'

const invalid = [400, 'CURSOR_INVALID'] as const

/** A cursor leads on where it was written, and nowhere else. */
export const cursorAttacks: readonly Attack[] = [
  {
    name: 'a cursor of another organization, list or filter',
    on: ({ list }) => list !== undefined,
    play: foreignCursor,
  },
]

async function foreignCursor({ stage, route, victim, rival, sample, ask, askOn }: AttackTarget): Promise<string[]> {
  const owner = asUser(victim.people.owner, victim.slug)
  const page = (query: string): Sample => ({ ...sample, path: `${sample.path}?${query}` })
  const cursor = nextCursor(await ask(owner, page('limit=1')))
  if (cursor === undefined) return ['lists fewer than two: give the cast one more']
  const problems = notRefused(
    'rival',
    await ask(asUser(rival.people.owner, rival.slug), page(`cursor=${cursor}`)),
    invalid,
  )
  const changed = cursor.slice(0, -1) + (cursor.endsWith('A') ? 'B' : 'A')
  const flipped = (cursor.startsWith('A') ? 'B' : 'A') + cursor.slice(1)
  for (const one of [changed, flipped])
    problems.push(...notRefused('changed', await ask(owner, page(`cursor=${one}`)), invalid))
  for (const other of stage.routes.filter((one) => one.list !== undefined && one !== route)) {
    const elsewhere = { ...sample, path: `${other.path}?cursor=${cursor}` }
    problems.push(...notRefused(other.path, await askOn(other, owner, elsewhere), invalid))
  }
  for (const filter of Object.keys(filtersOf(route)))
    problems.push(
      ...notRefused(filter, await ask(owner, page(`${filter}=${filtersOf(route)[filter]}&cursor=${cursor}`)), invalid),
    )
  const next = await ask(owner, page(`limit=1&cursor=${cursor}`))
  return next.status === 200 ? problems : [...problems, 'does not lead on where it was written']
}

function nextCursor({ body }: AttackAnswer): string | undefined {
  return (body as { nextCursor?: string | null }).nextCursor ?? undefined
}

/** A value for each filter of a list. */
function filtersOf({ path }: AttackTarget['route']): Readonly<Record<string, string>> {
  return path === '/organization/members' ? { role: 'owner', status: 'active' } : {}
}
