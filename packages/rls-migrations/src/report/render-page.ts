import { createHash } from 'node:crypto'
import { Markup, markup } from './markup.ts'
import type { IsolationReport } from './isolation-report.ts'
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
${findings(report)}
${facts(report)}
${proved(report)}
${methods(report)}
${sabotage(report)}
${notCovered(report)}
${checking}
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
    return markup`<p class="verdict bad" role="status"><strong>Not isolated.</strong> ${why}; see below.</p>`
  }
  const rest = tables.staticOnly === 0 ? '' : ` ${count(tables.staticOnly, 'table')} by definition only.`
  const score = mutations === null ? '' : ` The proof noticed ${mutations.killed} of ${mutations.run} sabotages.`
  return markup`<p class="verdict good" role="status">
    <strong>No organization reaches the data of another.</strong> Attacked on ${tables.proved} of
    ${count(tables.total, 'table')}.${rest}${score}
  </p>`
}

function findings({ crossings }: IsolationReport): Markup {
  if (crossings.length === 0) return markup``
  return markup`<section>
    <h2>Findings</h2>
    ${table(
      ['Object', 'Found by', 'What happened'],
      crossings.map((one) => [one.table, one.probe, one.detail]),
    )}
  </section>`
}

function facts({ database, conversion, tool, attackedAs }: IsolationReport): Markup {
  const rows: readonly (readonly [string, string])[] = [
    ['Database', database.name],
    ['Server', `PostgreSQL ${database.serverVersion}`],
    ['Cluster', database.systemIdentifier ?? 'the login may not ask for its identifier'],
    ['Phase', conversion.phase],
    ['Plan (SHA-256)', conversion.planHash],
    ['Context', conversion.seal === 'off' ? 'the bare id of an organization' : `signed tokens (${conversion.seal})`],
    ['Role of the application', conversion.roles.app],
    ['Attacked as', attackedAs === 'login' ? 'a login of the application' : 'the role of the application, by SET ROLE'],
    ['Tool', `partywall ${tool.version ?? 'from its sources'}`],
  ]
  const lines = rows.map(
    ([name, value]) =>
      markup`<tr>
        <th scope="row">${name}</th>
        <td class="name">${value}</td>
      </tr> `,
  )
  return markup`<section>
    <h2>What was looked at</h2>
    <div class="scroll">
      <table>
        <tbody>
          ${lines}
        </tbody>
      </table>
    </div>
  </section>`
}

function proved({ attacked, probes, surfaces }: IsolationReport): Markup {
  return markup`<section>
    <h2>What was proved</h2>
    <p>
      Two organizations that exist nowhere else got rows of their own in each table, and one of them tried to reach what
      the other has: ${probes.run} attacks, ${probes.blocked} refused. While the other wrote, ${surfaces.compared} of
      ${surfaces.total} tables, views and functions were looked through, and nothing that the first sees changed. All of
      it was rolled back.
    </p>
    ${table(
      ['Table', 'Attacks', 'Refused'],
      attacked.map((one) => [one.table, one.run, one.blocked]),
    )}
  </section>`
}

function methods(report: IsolationReport): Markup {
  return markup`<section>
    <h2>How</h2>
    <p>
      The attacks on a table. Beside them the definitions of every object of the plan, and the privileges and memberships
      of roles, were examined.
    </p>
    ${table(
      ['Attack', 'What must hold'],
      report.methods.map((one) => [one.name, one.promise]),
    )}
  </section>`
}

function sabotage({ mutations }: IsolationReport): Markup {
  if (mutations === null)
    return markup`<section>
      <h2>Sabotage</h2>
      <p>The proof itself was not put to the test in this run: <code>partywall verify --mutate</code>.</p>
    </section>`
  const { run, killed, survivors, notRun } = mutations
  return markup`<section>
    <h2>Sabotage</h2>
    <p>
      Pieces of the wall were taken away one at a time, to see whether the proof notices: ${killed} of ${run} were
      noticed.
    </p>
    ${
      survivors.length === 0
        ? ''
        : table(
            ['Unnoticed', 'Table'],
            survivors.map((one) => [one.kind, one.table]),
          )
    }
    ${
      notRun.length === 0
        ? ''
        : table(
            ['Not tried', 'Table', 'Why'],
            notRun.map((one) => [one.kind, one.table, one.reason]),
          )
    }
  </section>`
}

function notCovered({ notCovered: { tables, surfaces, general } }: IsolationReport): Markup {
  return markup`<section>
    <h2>What is not covered</h2>
    ${
      tables.length === 0
        ? ''
        : table(
            ['Checked by its definition only', 'Why'],
            tables.map((one) => [one.table, one.reason]),
          )
    }
    ${
      surfaces.length === 0
        ? ''
        : table(
            ['Not looked through while others wrote', 'Why'],
            surfaces.map((one) => [one.surface, one.reason]),
          )
    }
    <ul>
      ${general.map((limit) => markup`<li>${limit}</li> `)}
    </ul>
  </section>`
}

const checking = markup`<section>
  <h2>Checking this page</h2>
  <p>
    The page carries the document that it was made from, and a signature over both:
    <code>partywall report verify &lt;this file&gt; --public-key &lt;key&gt;</code>. A page that says anything else than
    what was signed does not pass.
  </p>
</section>`

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): Markup {
  const cell = (value: string | number, at: number): Markup =>
    typeof value === 'number'
      ? markup`<td class="number">${value}</td>`
      : new Markup(`<td${at === 0 ? ' class="name"' : ''}>${markup`${value}`.text}</td>`)
  const first = rows[0] ?? []
  const heads = head.map((name, at) =>
    typeof first[at] === 'number'
      ? markup`<th scope="col" class="number">${name}</th>`
      : markup`<th scope="col">${name}</th>`,
  )
  return markup`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            markup`<tr>
              ${row.map((value, at) => cell(value, at))}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
