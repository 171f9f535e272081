import { join, resolve } from 'node:path'
import type { Session } from '../database/session.ts'
import { isolationReport, readDatabaseIdentity, type ReportFacts } from '../report/isolation-report.ts'
import { parsePrivateKey, readPrivateKey } from '../report/report-key.ts'
import { writeReport } from '../report/write-report.ts'
import type { CommandContext } from './command.ts'
import { usageError } from './parse-arguments.ts'

/** Where `verify` writes its report. */
export interface ReportTarget {
  /** Gives the files that it wrote, relative to where the command was called. */
  write(
    facts: Omit<ReportFacts, 'database' | 'toolVersion' | 'hasAppLogin' | 'issuedAt'> & { session: Session },
  ): Promise<readonly string[]>
}

/**
 * Reads the options of a report; undefined when none was asked for.
 *
 * @throws TenancyError `USAGE`, or `REPORT_KEY_INVALID` when the key cannot be used.
 */
export async function reportTarget({
  options,
  io,
  version,
  appUrl,
}: CommandContext): Promise<ReportTarget | undefined> {
  const { report: folder, 'signing-key': keyFile } = options
  if (folder === undefined) {
    if (keyFile === undefined) return undefined
    throw usageError(
      '--signing-key signs what --report writes, and does nothing without it.\nSee: partywall verify --help',
    )
  }
  if (typeof folder !== 'string' || folder === '') throw usageError('--report takes a folder.')
  const pem = io.env['PARTYWALL_REPORT_KEY']
  const key =
    typeof keyFile === 'string'
      ? await readPrivateKey(resolve(io.cwd, keyFile))
      : pem === undefined || pem === ''
        ? undefined
        : parsePrivateKey(pem, 'PARTYWALL_REPORT_KEY')
  return {
    write: async ({ session, ...proved }) => {
      const database = await readDatabaseIdentity(session)
      const hasAppLogin = appUrl() !== undefined
      const facts = { ...proved, database, toolVersion: version, hasAppLogin, issuedAt: new Date() }
      const files = await writeReport(resolve(io.cwd, folder), isolationReport(facts), key)
      return files.map((file) => join(folder, file))
    },
  }
}
