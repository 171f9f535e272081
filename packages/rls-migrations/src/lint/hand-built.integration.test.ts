import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, execute } from '../../test/owned-database.ts'
import { runCommand } from '../../test/run-command.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { openSession } from '../database/session.ts'
import { lintDatabase } from './lint-database.ts'
import type { LintReport } from './lint-report.ts'

/** As many services have it: a policy for everybody, a setting, and no role of Partywall. */
const handBuilt = `
  create table orgs (id uuid primary key, name text not null);
  create table docs (id bigint generated always as identity primary key, tenant_id uuid not null references orgs, title text);
  create index on docs (tenant_id);
  create table countries (code text primary key);
  alter table docs enable row level security;
  alter table docs force row level security;
  create policy own on docs using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid));
`
const config = resolveConfig({ tenantColumn: 'tenant_id', setting: 'app.tenant' })

async function lint(url: string): Promise<LintReport> {
  await using session = await openSession({ url, applicationName: 'lint' })
  return await lintDatabase({ session, config })
}

const alarms = ({ findings }: LintReport): readonly string[] =>
  findings.filter((one) => one.severity !== 'info').map((one) => `${one.rule}: ${one.object}`)

describe('lint of walls that were built by hand', () => {
  it('fails for nothing where they hold', async () => {
    await using database = await createOwnedDatabase({ text: handBuilt })
    const service = await database.login()
    await execute(
      database.ownerUrl,
      `grant select, insert, update, delete on docs, countries to ${service.role};
       revoke temporary on database "${database.name}" from public`,
    )
    const report = await lint(database.ownerUrl)
    expect(report.basis).toBe('policies')
    expect(alarms(report)).toEqual([])
    expect(report.findings.filter((one) => one.rule === 'open-table').map((one) => one.table)).toEqual(['countries'])
  })

  it('judges the roles that hold privileges, and what they reach', async () => {
    await using database = await createOwnedDatabase({ text: handBuilt })
    const service = await database.login()
    await execute(
      database.ownerUrl,
      `revoke temporary on database "${database.name}" from public;
       grant select, insert, update, delete, truncate on docs to ${service.role};
       create view titles as select title from docs; grant select on titles to ${service.role};
       create function every_title() returns setof text language sql security definer set search_path = pg_catalog, pg_temp as 'select title from public.docs';
       create policy drafts on docs for select using (title is null)`,
    )
    expect(alarms(await lint(database.ownerUrl)).toSorted()).toEqual([
      `command-without-wall: wall of docs for ${service.role}`,
      `definer-function: function public.every_title() for ${service.role}`,
      `table-privilege: privileges of ${service.role} on docs`,
      `view-reach: view titles for ${service.role}`,
    ])
  })

  it('sees a login that is given by --app-url, and connects to nothing with it', async () => {
    await using database = await createOwnedDatabase({ text: handBuilt })
    await database.admin(`create role partywall_outsider_${database.owner} bypassrls`)
    const outsider = `partywall_outsider_${database.owner}`
    const { code, out } = await runCommand(
      database.ownerUrl,
      'lint',
      '--json',
      '--rule',
      'role-attribute',
      '--app-url',
      `postgres://${outsider}:wrong@localhost:1/none`,
    )
    expect(code).toBe(4)
    expect((JSON.parse(out) as LintReport).findings.map((one) => one.table)).toEqual([outsider])
    await database.admin(`drop role ${outsider}`)
  })

  it('says of a database without any what it is', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id int primary key)' })
    const { code, out } = await runCommand(database.ownerUrl, 'lint')
    expect(code).toBe(0)
    expect(out).toContain('not converted: no table has row-level security')
    expect(out).toContain('1 tables, of which none has row-level security')
  })
})

/** Names that would end a string, a quoted name, a format, a line of a terminal. */
const hostile = `a"b'c%s$1\\;--\u001b[31m`

describe('lint of hostile names', () => {
  it('quotes them in what it prints, and the server takes that', async () => {
    const quoted = `"${hostile.replaceAll('"', '""')}"`
    await using database = await createOwnedDatabase({
      text: `create table ${quoted} (id bigint generated always as identity primary key, tenant_id uuid not null, ${quoted} text);
        alter table ${quoted} enable row level security;
        create policy ${quoted} on ${quoted} using (tenant_id = current_setting('app.tenant')::uuid) with check (true);
        create function ${quoted}(text) returns text language sql security definer as 'select $1';
        create unique index on ${quoted} (${quoted})`,
    })
    const rules = [
      'force-off',
      'policy-writes-more',
      'policy-per-row-call',
      'definer-search-path',
      'no-tenant-index',
      'key-across-organizations',
    ]
    const before = (await lint(database.ownerUrl)).findings.filter((one) => rules.includes(one.rule))
    expect(new Set(before.map((one) => one.rule))).toEqual(new Set(rules))
    for (const statement of before.flatMap((one) => one.fix)) await execute(database.ownerUrl, statement)
    expect((await lint(database.ownerUrl)).findings.filter((one) => rules.includes(one.rule))).toEqual([])
    const { out } = await runCommand(database.ownerUrl, 'lint')
    expect(out).not.toContain('\u001b')
  })
})
