import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pageSections } from '../packages/rls-migrations/src/report/page-sections.ts'
import { sampleReport } from '../packages/rls-migrations/src/report/sample-report.fixture.ts'

const reference = readFileSync(join(import.meta.dirname, '../docs/reference/report.md'), 'utf8')
const sections = [...reference.matchAll(/^### (.+)\n\n(?=\S)/gm)].map(([, title = '']) => title)

describe('docs/reference/report.md', () => {
  it('has a section for every member of the document and every part of the page, in their order', () => {
    const members = Object.keys(sampleReport()).map((member) => `\`${member}\``)
    expect(sections).toEqual([...members, ...pageSections.map(({ title }) => title)])
  })
})
