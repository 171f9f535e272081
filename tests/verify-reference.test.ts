import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { catalogRules } from '../packages/rls-migrations/src/verify/catalog-rules.ts'
import { objectProbes } from '../packages/rls-migrations/src/verify/objects/object-probes.ts'
import { sessionProbes } from '../packages/rls-migrations/src/verify/sessions/session-probes.ts'
import { tableProbes } from '../packages/rls-migrations/src/verify/table-probes.ts'

const reference = readFileSync(join(import.meta.dirname, '../docs/reference/verify.md'), 'utf8')
const sections = [...reference.matchAll(/^### `([a-z-]+)`\n\n(?=\S)/gm)].map(([, name = '']) => name)

describe('docs/reference/verify.md', () => {
  it('has a section for every probe and rule, and for nothing else', () => {
    const named = [...tableProbes, ...objectProbes, ...catalogRules, ...sessionProbes].map((one) => one.name)
    const others = ['catalog', 'noninterference', 'role-member']
    expect(sections.toSorted()).toEqual([...named, ...others].toSorted())
  })
})
