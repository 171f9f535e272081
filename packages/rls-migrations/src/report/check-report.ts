import type { KeyObject } from 'node:crypto'
import type { IsolationReport } from './isolation-report.ts'
import { pageDigest, splitPage } from './render-page.ts'
import { isSignedBy, readReportText, reportInvalid, reportText, type SignedReport } from './signed-report.ts'

/** What a check of a file found. */
export interface ReportCheck {
  readonly report: IsolationReport
  /** Why the file is not to be trusted; undefined when the key signed exactly what it says. */
  readonly problem: 'unsigned' | 'signed-by-another-key' | 'signature-broken' | 'page-changed' | undefined
  readonly keyId: string | undefined
}

/**
 * Checks the file of a report, the document or the page, against a public key that the reader has from elsewhere.
 *
 * @throws TenancyError `REPORT_INVALID` when it is neither.
 */
export function checkReport(text: string, publicKey: KeyObject, keyId: string): ReportCheck {
  const parts = text.trimStart().startsWith('{') ? undefined : pageParts(text)
  const signed = parts === undefined ? readReportText(text) : parts.signed
  const found = { report: signed.report, keyId: signed.signature?.keyId }
  if (signed.signature === null) return { ...found, problem: 'unsigned' }
  if (signed.signature.keyId !== keyId) return { ...found, problem: 'signed-by-another-key' }
  if (!isSignedBy(signed, publicKey)) return { ...found, problem: 'signature-broken' }
  const isChanged = parts !== undefined && pageDigest(parts.page) !== signed.page.sha256
  return { ...found, problem: isChanged ? 'page-changed' : undefined }
}

function pageParts(text: string): { readonly page: string; readonly signed: SignedReport } {
  const parts = splitPage(text)
  if (parts === undefined) throw reportInvalid('it is neither the JSON document nor the page that partywall writes')
  const signed = readReportText(unescaped(parts.document))
  return { page: parts.page, signed }
}

/** As {@link readReportText} wants it: the only change that a page makes is to the sign that could end its element. */
function unescaped(document: string): string {
  let text: string
  try {
    text = reportText(JSON.parse(document) as SignedReport)
  } catch {
    throw reportInvalid('the document in the page is no JSON')
  }
  if (text.replaceAll('<', String.raw`\u003c`) === document) return text
  throw reportInvalid('the document in the page was changed after it was written')
}
