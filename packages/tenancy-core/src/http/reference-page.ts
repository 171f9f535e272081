import { createHash } from 'node:crypto'
import type { Answer } from './answer-route.ts'
import type { Json } from './openapi.ts'

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;background:#f4f4f4;padding:.75rem}
details{border-top:1px solid #ccc;padding:.5rem 0}summary{cursor:pointer}
.method{display:inline-block;min-width:4.5rem;font-weight:700}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}pre{background:#262626}a{color:#9cf}}`

const styleHash = createHash('sha256').update(style).digest('base64')

/**
 * The reference of an API as one page of HTML, from its OpenAPI document: without a script, and with nothing from
 * elsewhere, which its content security policy says as well.
 *
 * @example
 * ```ts
 * const { status, headers, body } = referencePage(document, '/v1/openapi.json')
 * headers['content-type'] // 'text/html; charset=utf-8'
 * ```
 */
export function referencePage(document: Json, documentUrl: string): Answer {
  const { title, version } = document['info'] as { title: string; version: string }
  const paths = Object.entries(document['paths'] as Readonly<Record<string, Readonly<Record<string, Json>>>>)
  const operations = paths.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method, described })),
  )
  const tags = (document['tags'] as readonly { name: string }[]).map(({ name }) => name)
  const sections = tags.map((tag) => {
    const own = operations.filter(({ described }) => (described['tags'] as readonly string[]).includes(tag))
    return `<h2>${escape(tag)}</h2>\n${own.map(describe).join('\n')}`
  })
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>
<style>${style}</style></head><body><main><h1>${escape(title)} ${escape(version)}</h1>
<p>The same as <a href="${escape(documentUrl)}">a document of OpenAPI 3.1</a>.</p>
${sections.join('\n')}</main></body></html>
`
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  return { status: 200, headers, body }
}

interface Operation {
  readonly path: string
  readonly method: string
  readonly described: Json
}

function describe({ path, method, described }: Operation): string {
  const { summary, description, parameters, requestBody, responses } = described
  const part = (name: string, value: unknown): string =>
    value === undefined ? '' : `<h3>${name}</h3><pre>${escape(JSON.stringify(value, null, 2))}</pre>`
  return `<details id="${escape(String(described['operationId']))}"><summary><span class="method">${escape(method.toUpperCase())}</span> <code>${escape(path)}</code> ${escape(String(summary))}</summary>
${typeof description === 'string' ? `<p>${escape(description)}</p>` : ''}${part('Parameters', parameters)}${part('Body', requestBody)}${part('Responses', responses)}</details>`
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
