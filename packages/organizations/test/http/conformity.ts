import { isDeepStrictEqual } from 'node:util'
import { openApiDocument } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import * as z from 'zod'
import type { AttackAnswer } from './attack-client.ts'

type Responses = Readonly<Record<string, { readonly description?: string }>>

/** What an answer of a route must not have: what its description does not say, and anything of the inside. */
export function contradictions(route: Route, answer: AttackAnswer): readonly string[] {
  const described = responsesOf(route)[String(answer.status)]
  if (described === undefined) return [`answers ${answer.status} (${answer.code}), which is not described`]
  if (answer.status >= 400) return refusalContradictions(answer, described.description ?? '')
  if (answer.status === 204 || answer.status === 304) {
    return answer.text === '' ? [] : [`answers ${answer.status} with content`]
  }
  const page = z.strictObject({ items: z.array(route.response), nextCursor: z.string().nullable() })
  const parsed = (route.list === undefined ? route.response : page).safeParse(answer.body)
  if (!parsed.success) return [`answers what its schema refuses: ${parsed.error.message}`]
  return isDeepStrictEqual(parsed.data, answer.body) ? [] : ['answers with more than its schema describes']
}

function refusalContradictions(answer: AttackAnswer, description: string): readonly string[] {
  return [
    ...(description.includes(`\`${answer.code}\``)
      ? []
      : [`refuses ${answer.status} with ${answer.code}, which is not described`]),
    ...(answer.headers['content-type'] === 'application/problem+json'
      ? []
      : ['refuses with something else than a problem']),
    ...internals(answer.text),
  ]
}

/** Traces, files, statements, connections: what only the log of a service may have. */
const inside =
  /node_modules|\bat \S+ \(|\.[cm]?[jt]s:\d|\/(?:src|dist|home|work|tmp)\/|\b(?:select|insert into|update|delete) [\w".*]+ (?:from|set|where|values)|partywall\.\w+\(|postgres(?:ql)?:\/\/|ECONN|SQLSTATE|syntax error at|relation "|pg_catalog|invalid byte sequence|invalid input syntax/i

export function internals(text: string): readonly string[] {
  const found = inside.exec(text)
  return found === null ? [] : [`tells of the inside: ${found[0]}`]
}

const documents = new WeakMap<Route, Responses>()

function responsesOf(route: Route): Responses {
  let responses = documents.get(route)
  if (responses === undefined) {
    const document = openApiDocument({ title: 'one', version: '1', routes: [[route]] })
    const [operations = {}] = Object.values(
      document['paths'] as Record<string, Record<string, { responses: Responses }>>,
    )
    responses = Object.values(operations)[0]?.responses ?? {}
    documents.set(route, responses)
  }
  return responses
}
