import { asUser } from '../attack-client.ts'
import { notRefused } from '../attack.ts'
import type { Attack } from '../attack.ts'
import { idsOfNothing, sampleOf } from '../sample.ts'

/** A change says in JSON what it changes, and which version. */
export const changeAttacks: readonly Attack[] = [
  {
    name: 'a form of another site',
    on: ({ method }) => method === 'POST' || method === 'PUT' || method === 'PATCH',
    play: async ({ victim, sample, ask, route }) => {
      if (sample.body === undefined) return []
      const who = route.scope === 'user' ? asUser(victim.people.invitee) : asUser(victim.people.owner, victim.slug)
      const form = { ...sample, headers: { ...sample.headers, 'content-type': 'text/plain' } }
      return notRefused('text/plain', await ask({ ...who, 'content-type': 'text/plain' }, form), [
        415,
        'CONTENT_TYPE_UNSUPPORTED',
      ])
    },
  },
  {
    name: 'input that does not fit',
    on: (route) => sampleOf(route, idsOfNothing, 'x').body !== undefined,
    play: async ({ victim, sample, ask, route }) => {
      const who = route.scope === 'user' ? asUser(victim.people.invitee) : asUser(victim.people.owner, victim.slug)
      const wrong = [
        { ...sample.body, unknown: 1 },
        [],
        'text',
        Object.fromEntries(Object.keys(sample.body ?? {}).map((name) => [name, { $ne: 1 }])),
      ]
      const problems: string[] = []
      for (const body of wrong) {
        const answer = await ask(who, { ...sample, body: body as object as Record<string, unknown> })
        // By the schema of the route, or by that of the host where the route lets its settings through.
        if (answer.status !== 400) problems.push(`${JSON.stringify(body)}: ${answer.status} ${answer.code}`)
      }
      return problems
    },
  },
  {
    name: 'a change of a version that nobody has seen, or that was',
    on: ({ ifMatch }) => ifMatch === 'required',
    play: async ({ victim, sample, ask }) => {
      const owner = asUser(victim.people.owner, victim.slug)
      const { 'if-match': _, ...headers } = sample.headers
      const blind = await ask(owner, { ...sample, headers })
      const stale = await ask(owner, { ...sample, headers: { ...headers, 'if-match': '"999999"' } })
      return [
        ...notRefused('without', blind, [428, 'PRECONDITION_REQUIRED']),
        ...(stale.status === 412 ? [] : [`stale: ${stale.status} ${stale.code}`]),
      ]
    },
  },
]
