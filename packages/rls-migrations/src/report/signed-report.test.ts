import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { checkReport, type ReportCheck } from './check-report.ts'
import { createReportKey, keyIdOf, parsePrivateKey } from './report-key.ts'
import { renderPage, withDocument } from './render-page.ts'
import { reportText, signReport } from './signed-report.ts'
import { sampleReport } from './sample-report.fixture.ts'

interface Signer {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function signer(): Signer {
  const pair = createReportKey()
  return { privateKey: parsePrivateKey(pair.privateKey, 'the test'), publicKey: createPublicKey(pair.publicKey) }
}

const ours = signer()
const theirs = signer()
const report = sampleReport()
const document = reportText(signReport(report, ours.privateKey))
const page = withDocument(renderPage(report), document)

function check(text: string, by: Signer = ours): ReportCheck {
  return checkReport(text, by.publicKey, keyIdOf(by.publicKey))
}

/** What a check says, or the code with which it refuses the file. */
function outcome(text: string, by: Signer = ours): string | undefined {
  try {
    return check(text, by).problem
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('a signed report', () => {
  it('is trusted as the document and as the page', () => {
    expect(check(document)).toEqual({ report, problem: undefined, keyId: keyIdOf(ours.publicKey) })
    expect(check(page)).toEqual(check(document))
  })

  it('is not trusted with another key, nor without a signature', () => {
    expect(outcome(document, theirs)).toBe('signed-by-another-key')
    expect(outcome(page, theirs)).toBe('signed-by-another-key')
    expect(outcome(reportText(signReport(report, undefined)))).toBe('unsigned')
    const downgraded = JSON.parse(document) as object
    expect(outcome(`${JSON.stringify({ ...downgraded, signature: null }, null, 2)}\n`)).toBe('unsigned')
  })

  it('does not take the name of another key for its signature', () => {
    const foreign = JSON.parse(reportText(signReport(report, theirs.privateKey))) as { signature: object }
    const renamed = { ...foreign, signature: { ...foreign.signature, keyId: keyIdOf(ours.publicKey) } }
    expect(outcome(`${JSON.stringify(renamed, null, 2)}\n`)).toBe('signature-broken')
  })

  it('notices every change of a letter, wherever it is made', () => {
    const trusted: string[] = []
    for (const text of [document, page]) {
      for (let at = 0; at < text.length; at += 1) {
        const letter = text[at] === 'x' ? 'y' : 'x'
        const changed = text.slice(0, at) + letter + text.slice(at + 1)
        if (outcome(changed) === undefined) trusted.push(text.slice(Math.max(0, at - 20), at + 20))
      }
    }
    expect(trusted).toEqual([])
    // Thousands of signatures: more than the usual time where the machine is busy.
  }, 60_000)

  it('notices what is cut off, added, or said twice', () => {
    const changes = [
      document.slice(0, -2),
      `${document}{}`,
      document.replace('"isolated": true', '"isolated": false,\n    "isolated": true'),
      document.replace('"isolated": true', '"isolated":true'),
      document.replaceAll('\n', '\r\n'),
      page.replace('</main>', '<p>And more.</p></main>'),
      page.replace('</body>', `${page.slice(page.indexOf('<script'), page.indexOf('</script>') + 9)}</body>`),
      page.slice(0, page.indexOf('<script')),
      '',
      '<html></html>',
      'null',
      '{"report":null}',
    ]
    expect(changes.map((text) => outcome(text)).filter((problem) => problem === undefined)).toEqual([])
  })

  it('does not trust the page of another report', () => {
    const other = renderPage(sampleReport({ database: { ...report.database, name: 'another' } }))
    expect(outcome(withDocument(other, document))).toBe('page-changed')
  })

  it('loads nothing, runs nothing, and allows its own style only', () => {
    const style = page.slice(page.indexOf('<style>') + 7, page.indexOf('</style>'))
    const hash = createHash('sha256').update(style).digest('base64')
    expect(page).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;`)
    expect(page).not.toMatch(/(?:src|href)=|url\(|@import|style=|\son\w+=/)
  })

  it('refuses a version that it does not know', () => {
    const next = signReport({ ...report, schemaVersion: 2 as 1 }, ours.privateKey)
    expect(outcome(reportText(next))).toBe('REPORT_INVALID')
  })

  it('keeps its text whatever names the database has', () => {
    for (const name of ['</script><script>alert(1)</script>', '\\u003c"&\'', '\u202egnp.exe\n', '{"report":1}']) {
      const hostile = sampleReport({ crossings: [{ table: name, probe: 'catalog', detail: name }], isolated: false })
      const text = reportText(signReport(hostile, ours.privateKey))
      const shown = withDocument(renderPage(hostile), text)
      expect(check(shown)).toMatchObject({ report: hostile, problem: undefined })
      expect(shown.match(/<script/g)).toHaveLength(1)
      expect(shown.slice(0, shown.indexOf('<script'))).not.toContain('\u202e')
    }
  })
})
