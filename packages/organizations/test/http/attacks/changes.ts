import { notRefused } from '@partywall/testing/http-attacks'
import type { Attack } from '@partywall/testing/http-attacks'
import { asUser } from '../attack-client.ts'
import type { Cast } from '../cast.ts'

/** A change says in JSON what it changes, and which version. */
export function changeAttacks({ people, slug }: Cast): readonly Attack[] {
  const owner = asUser(people.owner, slug)
  const callerOf = (scope: string) => (scope === 'user' ? asUser(people.invitee) : owner)
  return [
    {
      name: 'a form of another site',
      on: ({ body }) => body !== undefined,
      play: async ({ sample, ask, route }) => {
        const form = { ...sample, headers: { ...sample.headers, 'content-type': 'text/plain' } }
        const who = { ...callerOf(route.scope), 'content-type': 'text/plain' }
        return notRefused('text/plain', await ask(who, form), [415, 'CONTENT_TYPE_UNSUPPORTED'])
      },
    },
    {
      name: 'input that does not fit',
      on: ({ body }) => body !== undefined,
      play: async ({ sample, ask, route }) => {
        const wrong = [
          { ...sample.body, unknown: 1 },
          [],
          'text',
          Object.fromEntries(Object.keys(sample.body ?? {}).map((name) => [name, { $ne: 1 }])),
        ]
        const problems: string[] = []
        for (const body of wrong) {
          const answer = await ask(callerOf(route.scope), { ...sample, body: body as Record<string, unknown> })
          // By the schema of the route, or by that of the host where the route lets its settings through.
          if (answer.status !== 400) problems.push(`${JSON.stringify(body)}: ${answer.status} ${answer.code}`)
        }
        return problems
      },
    },
    {
      name: 'a change of a version that nobody has seen, or that was',
      on: ({ ifMatch }) => ifMatch === 'required',
      play: async ({ sample, ask }) => {
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
}
