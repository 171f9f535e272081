import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { TenancyError } from '@partywall/tenancy-core'
import { keyIdOf } from './report-key.ts'
import { reportSchemaVersion, type IsolationReport } from './isolation-report.ts'
import { pageDigest, renderPage } from './render-page.ts'

/** Keeps a signature from being taken for one of anything else that the key may have signed. */
const signedContext = 'partywall isolation report, version 1\n'

/** A report with the digest of its page and the signature over both. */
export interface SignedReport {
  readonly report: IsolationReport
  /** SHA-256 of the page without this document, in hexadecimal digits. */
  readonly page: { readonly sha256: string }
  /** Null where no key was given. */
  readonly signature: {
    readonly algorithm: 'Ed25519'
    /** SHA-256 of the public key's SPKI, in hexadecimal digits. */
    readonly keyId: string
    /** Base64. */
    readonly value: string
  } | null
}

/** Dates, renders and, with a key, signs. */
export function signReport(report: IsolationReport, privateKey: KeyObject | undefined): SignedReport {
  const page = { sha256: pageDigest(renderPage(report)) }
  if (privateKey === undefined) return { report, page, signature: null }
  const value = sign(null, signedBytes({ report, page }), privateKey).toString('base64')
  return { report, page, signature: { algorithm: 'Ed25519', keyId: keyIdOf(createPublicKey(privateKey)), value } }
}

/** The file that holds it. */
export function reportText(signed: SignedReport): string {
  return `${JSON.stringify(signed, null, 2)}\n`
}

/**
 * Reads what {@link reportText} wrote. Byte for byte: of a member that stands twice, one reader takes the first and another
 * the last, and a signature over one of them says nothing of the other.
 *
 * @throws TenancyError `REPORT_INVALID`
 */
export function readReportText(text: string): SignedReport {
  const signed = parsed(text)
  if (reportText(signed) !== text)
    throw reportInvalid('it was changed or formatted after it was written. Check the file that partywall wrote')
  const { report, page, signature } = signed
  if (report?.schemaVersion !== reportSchemaVersion)
    throw reportInvalid(
      `its schemaVersion is ${JSON.stringify(report?.schemaVersion)}, which this version does not know`,
    )
  const isWhole = typeof page?.sha256 === 'string' && (signature === null || typeof signature?.value === 'string')
  if (!isWhole) throw reportInvalid('it has no digest of its page, or half a signature')
  return signed
}

function parsed(text: string): SignedReport {
  try {
    const value = JSON.parse(text) as SignedReport | null
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Told below.
  }
  throw reportInvalid('it is no JSON document')
}

/** Whether the key signed exactly this report and this page. */
export function isSignedBy(signed: SignedReport, publicKey: KeyObject): boolean {
  const { signature } = signed
  if (signature === null || signature.algorithm !== 'Ed25519' || signature.keyId !== keyIdOf(publicKey)) return false
  const value = Buffer.from(signature.value, 'base64')
  // Other texts decode to the same bytes: whoever compares files would find two of one report.
  return value.toString('base64') === signature.value && verify(null, signedBytes(signed), publicKey, value)
}

function signedBytes({ report, page }: Pick<SignedReport, 'report' | 'page'>): Uint8Array {
  return Buffer.from(signedContext + JSON.stringify({ report, page }))
}

export function reportInvalid(why: string): TenancyError {
  return new TenancyError('REPORT_INVALID', `This is not a report that can be checked: ${why}.`)
}
