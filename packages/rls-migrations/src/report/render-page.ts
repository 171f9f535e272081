import { createHash } from 'node:crypto'
import { Markup, markup } from './markup.ts'
import { count } from './page-table.ts'
import type { IsolationReport } from './isolation-report.ts'
import { pageSections } from './page-sections.ts'
import { pageStyle } from './page-style.ts'

const opening = '<script type="application/json" id="partywall-report">'
const closing = '</script>'

/** A page without its document, and the document. */
export interface PageParts {
  readonly page: string
  readonly document: string
}

/** The page for people. It loads nothing, runs nothing, and has an empty place for the signed document. */
export function renderPage(report: IsolationReport): string {
  const styleHash = createHash('sha256').update(pageStyle).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Isolation report: ${report.database.name}, ${report.issuedAt.slice(0, 10)}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<header>
<h1>Isolation report</h1>
<p class="soft">Database <code>${report.database.name}</code>, ${moment(report)}</p>
</header>
<main>
${verdict(report)}
${pageSections.map(
  ({ title, body }) =>
    markup`<section>
      <h2>${title}</h2>
      ${body(report)}
    </section>`,
)}
</main>
${new Markup(opening + closing)}
</body>
</html>
`
  return page.text
}

/** SHA-256 of a page without its document, in hexadecimal digits. */
export function pageDigest(page: string): string {
  return createHash('sha256').update(page).digest('hex')
}

/** Puts the document into its place. */
export function withDocument(page: string, document: string): string {
  return page.replace(opening + closing, () => opening + document.replaceAll('<', String.raw`\u003c`) + closing)
}

/** Takes the document out again; undefined when the page has no place for one. */
export function splitPage(text: string): PageParts | undefined {
  const [before, rest, ...more] = text.split(opening)
  const end = rest?.indexOf(closing) ?? -1
  if (before === undefined || rest === undefined || more.length > 0 || end === -1) return undefined
  return { page: before + opening + rest.slice(end), document: rest.slice(0, end) }
}

function moment({ issuedAt }: IsolationReport): string {
  return `${issuedAt.slice(0, 10)} ${issuedAt.slice(11, 19)} UTC`
}

function verdict({ isolated, tables, crossings, mutations }: IsolationReport): Markup {
  if (!isolated) {
    const why = crossings.length > 0 ? count(crossings.length, 'finding') : 'some sabotage went unnoticed'
    return markup`<p class="verdict bad"><strong>Not isolated.</strong> ${why}; see below.</p>`
  }
  const rest = tables.staticOnly === 0 ? '' : ` ${count(tables.staticOnly, 'table')} by definition only.`
  const score = mutations === null ? '' : ` The proof noticed ${mutations.killed} of ${mutations.run} sabotages.`
  return markup`<p class="verdict good">
    <strong>No organization reaches the data of another.</strong> Attacked on ${tables.proved} of
    ${count(tables.total, 'table')}.${rest}${score}
  </p>`
}
