import type { AttackAnswer } from '../attack-client.ts'
import { isInside, notRefused } from '../attack.ts'
import type { Attack, AttackTarget } from '../attack.ts'
import { routesOfDocument } from '../attacked-route.ts'
import type { AttackedRoute } from '../attacked-route.ts'
import type { Sample } from '../sample.ts'

const invalid = [400, 'CURSOR_INVALID'] as const

/** A cursor leads on where it was written, and nowhere else. */
export const cursorAttacks: readonly Attack[] = [
  {
    name: 'a cursor of another organization, list or filter',
    on: (route) => route.isList && isInside(route),
    play: foreignCursor,
  },
]

async function foreignCursor(target: AttackTarget): Promise<readonly string[]> {
  const { route, victim, rival, sample, ask, inside } = target
  const owner = inside(victim.callers.owner, victim)
  const page = (query: string): Sample => withQuery(sample, query)
  const cursor = nextCursor(await ask(owner, page('limit=1')))
  if (cursor === undefined) return ['lists fewer than two: give the victim one more']
  const rivals = await ask(inside(rival.callers.owner, rival), page(`cursor=${cursor}`))
  const problems = [...notRefused('rival', rivals, invalid)]
  const changed = cursor.slice(0, -1) + (cursor.endsWith('A') ? 'B' : 'A')
  const flipped = (cursor.startsWith('A') ? 'B' : 'A') + cursor.slice(1)
  for (const one of [changed, flipped])
    problems.push(...notRefused('changed', await ask(owner, page(`cursor=${one}`)), invalid))
  problems.push(...(await elsewhere(target, cursor)))
  for (const [filter, { enum: values = [] }] of Object.entries(route.filters)) {
    const value = values.find((one) => typeof one === 'string') ?? 'owner'
    const filtered = await ask(owner, page(`${filter}=${value}&cursor=${cursor}`))
    problems.push(...notRefused(filter, filtered, invalid))
  }
  const next = await ask(owner, page(`limit=1&cursor=${cursor}`))
  return next.status === 200 ? problems : [...problems, 'does not lead on where it was written']
}

async function elsewhere(
  { site, route, victim, sample, askOn, inside }: AttackTarget,
  cursor: string,
): Promise<string[]> {
  const problems: string[] = []
  const others = routesOfDocument(site.document).filter((one) => isOtherList(one, route))
  for (const other of others) {
    const asked = withQuery({ ...sample, path: other.path }, `cursor=${cursor}`)
    problems.push(...notRefused(other.path, await askOn(other, inside(victim.callers.owner, victim), asked), invalid))
  }
  return problems
}

function isOtherList(one: AttackedRoute, route: AttackedRoute): boolean {
  return one.isList && isInside(one) && one.path !== route.path && !one.path.includes('{')
}

function withQuery(sample: Sample, query: string): Sample {
  return { ...sample, path: `${sample.path.split('?')[0]}?${query}` }
}

function nextCursor({ body }: AttackAnswer): string | undefined {
  return (body as { nextCursor?: string | null } | null)?.nextCursor ?? undefined
}
