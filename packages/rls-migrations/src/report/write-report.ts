import type { KeyObject } from 'node:crypto'
import { writeFiles } from '../emit/write-files.ts'
import type { IsolationReport } from './isolation-report.ts'
import { renderPage, withDocument } from './render-page.ts'
import { reportText, signReport } from './signed-report.ts'

/**
 * Writes a report into a folder as a document for programs and a page for people, named after the moment. Gives the names.
 *
 * @throws TenancyError `EMIT_TARGET_EXISTS` when there is one of that moment.
 */
export async function writeReport(
  folder: string,
  report: IsolationReport,
  privateKey: KeyObject | undefined,
): Promise<readonly string[]> {
  const signed = signReport(report, privateKey)
  const document = reportText(signed)
  const name = `isolation-report-${report.issuedAt.replaceAll(/[-:]|\.\d+/g, '')}`
  const files = [
    { path: `${name}.json`, text: document },
    { path: `${name}.html`, text: withDocument(renderPage(report), document) },
  ]
  await writeFiles(folder, files)
  return files.map(({ path }) => path)
}
