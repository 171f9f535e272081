import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, execute, query, type OwnedDatabase } from '../../test/owned-database.ts'
import { reportCommands } from '../cli/commands/report.ts'
import { verifyCommand } from '../cli/commands/verify.ts'
import { runCli } from '../cli/run-cli.ts'

const schema = {
  text: `create table "<b>parents</b>" (id text primary key);
    create table children (id text primary key, parent text references "<b>parents</b>")`,
}

let database: OwnedDatabase
let folder: string

beforeAll(async () => {
  database = await createOwnedDatabase(schema)
  await (await convertWhole(database, 'enforce')).session.close()
  folder = await mkdtemp(join(tmpdir(), 'partywall-report-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
  await database[Symbol.asyncDispose]()
})

interface Run {
  readonly code: number
  readonly output: string
  readonly complaint: string
}

async function run(argv: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  let output = ''
  let complaint = ''
  const code = await runCli({
    argv,
    commands: [verifyCommand, ...reportCommands],
    version: '0.1.0',
    io: {
      write: (text) => void (output += text),
      writeError: (text) => void (complaint += text),
      isLive: false,
      isInteractive: false,
      ask: async () => 'no',
      env: { DATABASE_URL: database.ownerUrl, ...env },
      cwd: folder,
    },
    ports: { startThrowawayDatabase: () => Promise.reject(new Error('not needed here')) },
  })
  return { code, output, complaint }
}

/** The files that a run has written. */
async function reports(name: string): Promise<{ readonly json: string; readonly html: string }> {
  const files = (await readdir(join(folder, name))).map((file) => join(folder, name, file))
  const [html = '', json = ''] = files.toSorted()
  return { json, html }
}

describe('partywall verify --report', () => {
  it('writes a page and a document that whoever has the public key can check', async () => {
    const { output } = await run(['report', 'keygen', 'auditor.key', '--json'])
    const { keyId } = JSON.parse(output) as { keyId: string }
    expect((await stat(join(folder, 'auditor.key'))).mode & 0o077).toBe(0)
    const proof = await run(['verify', '--report', 'signed', '--signing-key', 'auditor.key'])
    expect(proof).toMatchObject({ code: 0, complaint: '' })
    const { json, html } = await reports('signed')
    expect(proof.output).toContain(`Report: ${join('signed', html.slice(html.lastIndexOf('/') + 1))}`)
    for (const file of [json, html]) {
      const check = await run(['report', 'verify', file, '--public-key', 'auditor.key.pub'])
      expect(check).toMatchObject({ code: 0, complaint: '' })
      expect(check.output).toMatch(/^Signed, and unchanged\. .*attacked on 2 of 2 tables\.\n$/)
    }
    const checked = await run(['report', 'verify', json, '--public-key', 'auditor.key.pub', '--json'])
    expect(JSON.parse(checked.output)).toMatchObject({ trusted: true, problem: null, keyId, isolated: true })
    const page = await readFile(html, 'utf8')
    expect(page).toContain('&lt;b&gt;parents&lt;/b&gt;')
    expect(page).not.toContain('<b>')
    expect(page).not.toMatch(/(?:src|href)=|url\(|@import/)
    const { report } = JSON.parse(await readFile(json, 'utf8')) as { report: Record<string, unknown> }
    const status = await query<{ hash: string }>(
      database.adminUrl,
      'select plan_hash as hash from partywall.conversion',
    )
    expect(report).toMatchObject({
      tool: { name: 'partywall', version: '0.1.0' },
      conversion: { phase: 'enforce', planHash: status[0]?.hash },
      attacked: [{ table: '<b>parents</b>' }, { table: 'children' }],
      attackedAs: 'set-role',
      mutations: null,
    })
  })

  it('says in a changed file only that it is not to be trusted', async () => {
    const { json, html } = await reports('signed')
    const changed = join(folder, 'changed.html')
    await writeFile(changed, (await readFile(html, 'utf8')).replace('Isolation report</h1>', 'Perfect</h1>'))
    const check = await run(['report', 'verify', changed, '--public-key', 'auditor.key.pub'])
    expect(check).toMatchObject({
      code: 4,
      output: 'NOT to be trusted: the page says something else than what was signed.\n',
    })
    await run(['report', 'keygen', 'other.key'])
    const other = await run(['report', 'verify', json, '--public-key', 'other.key.pub', '--json'])
    expect(other.code).toBe(4)
    expect(JSON.parse(other.output)).toMatchObject({ trusted: false, problem: 'signed-by-another-key', isolated: null })
  })

  it('takes the key from the environment, and writes unsigned without one', async () => {
    const pem = await readFile(join(folder, 'auditor.key'), 'utf8')
    await run(['verify', '--report', 'environment'], { PARTYWALL_REPORT_KEY: pem })
    const { json } = await reports('environment')
    expect((await run(['report', 'verify', json, '--public-key', 'auditor.key.pub'])).code).toBe(0)
    await run(['verify', '--report', 'unsigned'])
    const unsigned = await run([
      'report',
      'verify',
      (await reports('unsigned')).html,
      '--public-key',
      'auditor.key.pub',
    ])
    expect(unsigned).toMatchObject({ code: 4, output: 'NOT to be trusted: it is not signed.\n' })
  })

  it('reports what crosses, signed, and both commands end with 4', async () => {
    await execute(database.adminUrl, 'alter table children no force row level security')
    const proof = await run(['verify', '--report', 'crossed', '--signing-key', 'auditor.key'])
    await execute(database.adminUrl, 'alter table children force row level security')
    expect(proof.code).toBe(4)
    const { json, html } = await reports('crossed')
    const check = await run(['report', 'verify', json, '--public-key', 'auditor.key.pub'])
    expect(check.code).toBe(4)
    expect(check.output).toContain('NOT isolated')
    expect(await readFile(html, 'utf8')).toMatch(/Not isolated[^]*children/)
  })

  it.each([
    [['verify', '--signing-key', 'auditor.key'], 2, 'USAGE: --signing-key signs what --report writes'],
    [['verify', '--report', ''], 2, 'USAGE: --report takes a folder'],
    [['verify', '--report', 'x', '--signing-key', 'missing.key'], 1, 'REPORT_KEY_INVALID: '],
    [['verify', '--report', 'x', '--signing-key', 'auditor.key.pub'], 1, 'REPORT_KEY_INVALID: '],
    [['verify', '--report', 'x', '--signing-key', 'open.key'], 1, 'chmod 600'],
    [['report', 'keygen'], 2, 'USAGE: report keygen takes a file'],
    [['report', 'keygen', 'auditor.key'], 1, 'REPORT_KEY_INVALID: '],
    [['report', 'verify', 'x.json'], 2, 'USAGE: report verify needs --public-key'],
    [['report', 'verify', 'x.json', '--public-key', 'auditor.key.pub'], 1, 'REPORT_INVALID: '],
    [['report', 'verify', 'auditor.key', '--public-key', 'auditor.key.pub'], 1, 'REPORT_INVALID: '],
    [['report', 'verify', 'x.json', '--public-key', 'auditor.key'], 1, 'Pass the public one'],
  ] as const)('refuses %j', async (argv, code, words) => {
    await writeFile(join(folder, 'open.key'), await readFile(join(folder, 'auditor.key')))
    await chmod(join(folder, 'open.key'), 0o644)
    const refused = await run(argv)
    expect(refused.code).toBe(code)
    expect(refused.complaint).toContain(words)
  })
})
