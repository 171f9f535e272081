import { markup, type Markup } from './markup.ts'
import type { IsolationReport } from './isolation-report.ts'
import { name, names, table } from './page-table.ts'

/** The parts of the page, in their order. */
export const pageSections: readonly { readonly title: string; readonly body: (report: IsolationReport) => Markup }[] = [
  { title: 'Findings', body: findings },
  { title: 'What was looked at', body: facts },
  { title: 'What was proved', body: proved },
  { title: 'How', body: methods },
  { title: 'Roles and privileges', body: rules },
  { title: 'Sabotage', body: sabotage },
  { title: 'What is not covered', body: notCovered },
  { title: 'Checking this page', body: () => checking },
]

const probeColumns = [
  { title: 'Run', isNumber: true },
  { title: 'Refused', isNumber: true },
] as const

function findings({ crossings }: IsolationReport): Markup {
  if (crossings.length === 0)
    return markup`<p>None: nothing crossed from one organization to another, and no object of the wall is missing.</p>`
  return table(
    'What crossed, or is missing',
    [{ title: 'Object' }, { title: 'Found by' }, { title: 'What happened' }],
    crossings.map((one) => [name(one.table), name(one.probe), one.detail]),
  )
}

function facts({ database, conversion, tool, attackedAs, issuedAt }: IsolationReport): Markup {
  const context = conversion.seal === 'off' ? 'the bare id of an organization' : `signed tokens (${conversion.seal})`
  const attacker = attackedAs === 'login' ? 'a login of the application' : 'the role of the application, by SET ROLE'
  return table(
    'Which database, when, and in which state',
    [{ title: 'What' }, { title: 'Value' }],
    [
      ['Database', name(database.name)],
      ['Server', `PostgreSQL ${database.serverVersion}`],
      ['System identifier', name(database.systemIdentifier ?? 'the login may not ask for it')],
      ['Issued', markup`<time datetime="${issuedAt}">${issuedAt.slice(0, 10)} ${issuedAt.slice(11, 19)} UTC</time>`],
      ['Phase', phaseWords[conversion.phase]],
      ['Plan (SHA-256)', name(conversion.planHash)],
      ['Context', context],
      ['Role of the application', name(conversion.roles.app)],
      ['Attacked as', attacker],
      ['Tool', `partywall ${tool.version ?? 'from its sources'}`],
    ],
  )
}

const phaseWords: Readonly<Record<IsolationReport['conversion']['phase'], string>> = {
  install: 'install: nothing is converted',
  expand: 'expand: the old application and the new one run side by side',
  contract: 'contract: the application is bound, several organizations may exist',
  enforce: 'enforce: the owner of the tables is bound as well',
}

function proved({ attacked, probes, surfaces }: IsolationReport): Markup {
  return markup`<p>
      Two organizations that exist nowhere else, A and B, got rows of their own in each table, and A tried to reach what B
      has: ${probes.run} attacks, ${probes.blocked} refused. While B wrote, changed and deleted, ${surfaces.compared} of
      ${surfaces.total} tables, views and functions were looked through, and had to show A the same as before. All of it
      was rolled back.
    </p>
    ${table(
      'The attacks on each table, and how many of each kind',
      [{ title: 'Table' }, ...probeColumns, { title: 'By kind' }],
      attacked.map((one) => [name(one.table), one.run, one.blocked, kinds(one.probes)]),
    )}`
}

function kinds(probes: IsolationReport['sessions']): Markup {
  const items = probes.map(({ probe, run, blocked }) =>
    run === blocked ? markup`<li>${probe} ${run}</li>` : markup`<li class="bad">${probe} ${blocked} of ${run}</li>`,
  )
  return items.length === 0 ? markup`not attacked` : markup`<ul class="kinds">${items}</ul>`
}

function methods(report: IsolationReport): Markup {
  const all = [...report.attacked.flatMap((one) => one.probes), ...report.objects, ...report.sessions]
  const sum = (probe: string, member: 'run' | 'blocked'): number =>
    all.filter((one) => one.probe === probe).reduce((total, one) => total + one[member], 0)
  return table(
    'What must hold, for each kind of attack, over all tables, records and connections',
    [{ title: 'Attack' }, { title: 'What must hold' }, ...probeColumns],
    report.methods.map((one) => [name(one.name), one.promise, sum(one.name, 'run'), sum(one.name, 'blocked')]),
  )
}

function rules({ rules: asked, roles, crossings }: IsolationReport): Markup {
  const found = (probe: string): number => crossings.filter((one) => one.probe === probe).length
  return markup`<p>
      What policies cannot tell was asked of the catalog, about the role of the application and everyone who acts through
      it: ${names(roles)}.
    </p>
    ${table(
      'What must hold',
      [{ title: 'Rule' }, { title: 'What must hold' }, { title: 'Findings', isNumber: true }],
      [
        [name('catalog'), 'every object of the plan is there, and as it was made', found('catalog')],
        ...asked.map((one) => [name(one.name), one.promise, found(one.name)]),
      ],
    )}`
}

function sabotage({ mutations }: IsolationReport): Markup {
  if (mutations === null)
    return markup`<p>
      The proof itself was not put to the test in this run: <code>partywall verify --mutate</code> takes pieces of the wall
      away, one at a time, and lets it look.
    </p>`
  const { run, killed, survivors, notRun } = mutations
  const score = killed === run ? '100' : (Math.floor((killed / run) * 1000) / 10).toFixed(1)
  return markup`<p>
      Pieces of the wall were taken away one at a time, to see whether the proof notices: ${killed} of ${run} were
      noticed, a kill score of ${score} %.
    </p>
    ${unless(
      survivors,
      table(
        'Unnoticed',
        [{ title: 'Kind' }, { title: 'Table' }],
        survivors.map((one) => [name(one.kind), name(one.table)]),
      ),
    )}
    ${unless(
      notRun,
      table(
        'Not tried',
        [{ title: 'Kind' }, { title: 'Table' }, { title: 'Why' }],
        notRun.map((one) => [name(one.kind), name(one.table), one.reason]),
      ),
    )}
    ${table(
      'By kind, over all tables',
      [{ title: 'Kind' }, { title: 'Tried', isNumber: true }, { title: 'Noticed', isNumber: true }],
      mutations.kinds.map((one) => [name(one.kind), one.run, one.killed]),
    )}`
}

function notCovered({ notCovered: { tables, surfaces, shared, skipped, general } }: IsolationReport): Markup {
  const listed = (caption: string, rows: readonly (readonly [string, string])[]): Markup =>
    unless(
      rows,
      table(
        caption,
        [{ title: 'What' }, { title: 'Why' }],
        rows.map(([what, why]) => [name(what), why]),
      ),
    )
  return markup`${listed(
    'Checked by its definition only',
    tables.map((one) => [one.table, one.reason]),
  )}
    ${listed(
      'Not looked through while others wrote',
      surfaces.map((one) => [one.surface, one.reason]),
    )}
    ${listed(
      'Left alone by the conversion',
      skipped.map((one) => [one.table, one.reason]),
    )}
    ${unless(shared, markup`<p>The same for every organization, by design: ${names(shared)}.</p>`)}
    <ul>
      ${general.map((limit) => markup`<li>${limit}</li> `)}
    </ul>`
}

function unless(rows: readonly unknown[], part: Markup): Markup {
  return rows.length === 0 ? markup`` : part
}

const checking = markup`<p>
  The page carries the document that it was made from, and a signature over both:
  <code>partywall report verify &lt;this file&gt; --public-key &lt;key&gt;</code>. A page that says anything else than what
  was signed does not pass. Without that check it proves nothing: anyone can write one.
</p>`
