import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorCodes } from '../packages/tenancy-core/src/error-codes.ts'
import { statusOf } from '../packages/tenancy-core/src/http/problem.ts'
import { documentedErrorCodes, findReferenceProblems, raisedErrorCodes } from '../scripts/check-error-reference.ts'

const root = join(import.meta.dirname, '..')
const reference = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')
const section = '### `A_CODE`\n\nMeaning.\n\n**Cause.** One.\n\n**Fix.** Two.\n'

describe('error reference', () => {
  it('has a section for every code that a source raises, and for no other', () => {
    expect(findReferenceProblems(raisedErrorCodes(root), reference)).toEqual([])
  })

  it('has a section for every code that tenancy-core exports', () => {
    expect(Object.keys(errorCodes).filter((code) => !documentedErrorCodes(reference).includes(code))).toEqual([])
  })

  it('says with which status HTTP answers a code', () => {
    const sections = reference.split(/^(?=### )/m).filter((text) => text.startsWith('### '))
    for (const text of sections) {
      const [code = ''] = documentedErrorCodes(text)
      expect(/HTTP status (\d{3})/.exec(text)?.[1], code).toBe(statusOf(code)?.toString())
    }
  })

  it('finds codes in every form that raises them', () => {
    const codes = [...raisedErrorCodes(root).keys()]
    // A plain argument, an argument on its own line, a choice, a variable, and a code handed to another function.
    for (const code of ['USAGE', 'TENANT_REQUIRED', 'STEP_FAILED', 'UNEXPECTED', 'MEMBER_INVALID']) {
      expect(codes).toContain(code)
    }
  })

  it('fails for a code without a section', () => {
    const problems = findReferenceProblems(
      new Map([
        ['A_CODE', []],
        ['B_CODE', ['b.ts']],
      ]),
      section,
    )
    expect(problems).toEqual(['B_CODE (b.ts) has no section in docs/reference/errors.md.'])
  })

  it('fails for a section that no source raises', () => {
    const problems = findReferenceProblems(new Map(), section)
    expect(problems).toEqual(['A_CODE has a section in docs/reference/errors.md, and no source raises it.'])
  })

  it('fails for a section without a fix', () => {
    const problems = findReferenceProblems(new Map([['A_CODE', []]]), section.replace('**Fix.** Two.', ''))
    expect(problems).toEqual(['### `A_CODE` lacks "**Cause.**" or "**Fix.**".'])
  })
})
