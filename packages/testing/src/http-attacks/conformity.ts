import { isDeepStrictEqual } from 'node:util'
import type { AttackAnswer } from './attack-client.ts'
import { readerOf } from './attacked-route.ts'
import type { AttackedRoute, DescribedResponse } from './attacked-route.ts'

const problem = 'application/problem+json'

/** What an answer of a route must not have: what the document does not say, and anything of the inside. */
export function contradictions(route: AttackedRoute, answer: AttackAnswer): readonly string[] {
  const described = route.responses[String(answer.status)]
  if (described === undefined) return [`answers ${answer.status} (${answer.code}), which is not described`]
  if (answer.status >= 400) return refusalContradictions(answer, described)
  if (answer.status === 204 || answer.status === 304) {
    return answer.text === '' ? [] : [`answers ${answer.status} with content`]
  }
  const schema = described.content['application/json']?.schema
  if (schema === undefined) return []
  const parsed = readerOf(schema).safeParse(answer.body)
  if (!parsed.success) return [`answers what its schema refuses: ${parsed.error.message}`]
  return isDeepStrictEqual(parsed.data, answer.body) ? [] : ['answers with more than its schema describes']
}

function refusalContradictions(answer: AttackAnswer, { description, content }: DescribedResponse): readonly string[] {
  const type = (answer.headers['content-type'] ?? '').split(';')[0] ?? ''
  return [
    ...(Object.hasOwn(content, type) ? [] : [`refuses ${answer.status} with ${type}, which is not described`]),
    ...(type !== problem || description.includes(`\`${answer.code}\``)
      ? []
      : [`refuses ${answer.status} with ${answer.code}, which is not described`]),
    ...internals(answer.text),
  ]
}

/** Traces, files, statements, connections: what only the log of a service may have. */
const inside =
  /node_modules|\bat \S+ \(|\.[cm]?[jt]s:\d|\/(?:src|dist|home|work|tmp)\/|\b(?:select|insert into|update|delete) [\w".*]+ (?:from|set|where|values)|partywall\.\w+\(|postgres(?:ql)?:\/\/|ECONN|SQLSTATE|syntax error at|relation "|pg_catalog|invalid byte sequence|invalid input syntax/i

/**
 * What of the inside a text tells, in a sentence.
 *
 * @example
 * ```ts
 * internals('There is no such organization.') // []
 * internals('TypeError at handler (/srv/main.js:3:1)').length // 1
 * ```
 */
export function internals(text: string): readonly string[] {
  const found = inside.exec(text)
  return found === null ? [] : [`tells of the inside: ${found[0]}`]
}
