import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { checkReport, type ReportCheck } from '../../report/check-report.ts'
import { createReportKey, keyIdOf, readPublicKey, writeReportKey } from '../../report/report-key.ts'
import { reportInvalid } from '../../report/signed-report.ts'
import type { Command, CommandContext } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { usageError } from '../parse-arguments.ts'
import { printable } from '../printable.ts'

const keygenCommand: Command = {
  name: 'report keygen',
  usage: '<file>',
  summary: 'make a pair of keys for signing reports: the private one in the file, the public one beside it',
  run: async (context) => {
    const file = onlyWord(context, 'report keygen', 'a file')
    const pair = createReportKey()
    await writeReportKey(file, pair)
    return {
      exitCode: exitCode.ok,
      document: { keyId: pair.keyId, privateKey: file, publicKey: `${file}.pub` },
      text: `The key ${pair.keyId} signs reports: partywall verify --report <folder> --signing-key ${file}\nGive ${file}.pub to whoever checks them, on a way that the reports do not take.\n`,
    }
  },
}

const checkCommand: Command = {
  name: 'report verify',
  usage: '<file>',
  summary:
    'check the signature of a report, document or page; exits with 4 when it is not to be trusted, or says that something crosses',
  options: {
    'public-key': { type: 'string', value: 'file', summary: 'the public key of whoever signed it' },
  },
  run: async (context) => {
    const file = onlyWord(context, 'report verify', 'a file')
    const keyFile = context.options['public-key']
    if (typeof keyFile !== 'string' || keyFile === '')
      throw usageError(
        'report verify needs --public-key: a key that came with the report says nothing.\nSee: partywall report verify --help',
      )
    const publicKey = await readPublicKey(resolve(context.io.cwd, keyFile))
    const check = checkReport(await readText(file), publicKey, keyIdOf(publicKey))
    const { report, problem } = check
    const trusted = problem === undefined
    return {
      exitCode: trusted && report.isolated ? exitCode.ok : exitCode.finding,
      document: {
        trusted,
        problem: problem ?? null,
        keyId: check.keyId ?? null,
        isolated: trusted ? report.isolated : null,
        issuedAt: report.issuedAt,
        database: report.database,
        planHash: report.conversion.planHash,
      },
      text: checkText(check),
    }
  },
}

/** Keys and checks of signed reports. */
export const reportCommands: readonly Command[] = [keygenCommand, checkCommand]

const problems: Readonly<Record<NonNullable<ReportCheck['problem']>, string>> = {
  unsigned: 'it is not signed',
  'signed-by-another-key': 'another key signed it',
  'signature-broken': 'it was changed after it was signed',
  'page-changed': 'the page says something else than what was signed',
}

/** What an untrusted file says of itself is not repeated. */
function checkText({ report, problem }: ReportCheck): string {
  if (problem !== undefined) return `NOT to be trusted: ${problems[problem]}.\n`
  const { database, issuedAt, tables, conversion } = report
  const verdict = report.isolated
    ? `no organization reaches the data of another, attacked on ${tables.proved} of ${tables.total} tables`
    : 'NOT isolated'
  return `Signed, and unchanged. ${issuedAt}, database ${printable(database.name)} on PostgreSQL ${database.serverVersion}, phase ${conversion.phase}: ${verdict}.\n`
}

function onlyWord({ positionals, io }: CommandContext, name: string, what: string): string {
  const [word, ...more] = positionals
  if (word === undefined || more.length > 0)
    throw usageError(`${name} takes ${what}, and nothing else.\nSee: partywall ${name} --help`)
  return resolve(io.cwd, word)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw reportInvalid(`${file} cannot be read (${String((error as NodeJS.ErrnoException).code)})`)
  }
}
