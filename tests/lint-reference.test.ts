import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lintRules } from '../packages/rls-migrations/src/lint/lint-rules.ts'

const reference = readFileSync(join(import.meta.dirname, '../docs/reference/lint.md'), 'utf8')
const sections = new Map(
  reference
    .split(/^### /m)
    .slice(1)
    .flatMap((section) => {
      const name = /^`([a-z-]+)`\n/.exec(section)?.[1]
      return name === undefined ? [] : [[name, section.split(/^## /m)[0]?.replaceAll(/\s+/g, ' ') ?? ''] as const]
    }),
)

describe('docs/reference/lint.md', () => {
  it('has a section for every rule, and for nothing else', () => {
    expect([...sections.keys()].toSorted()).toEqual(lintRules.map((rule) => rule.name).toSorted())
  })

  it.each(lintRules.map((rule) => [rule.name, rule] as const))('says of %s what the command says', (name, rule) => {
    const section = sections.get(name) ?? ''
    expect(section.toLowerCase()).toContain(`**${rule.severity}.** ${rule.promise.toLowerCase()}.`)
    expect(section).toContain(rule.risk)
    expect(section).toContain(rule.remedy)
  })

  it('compares with rules of others that are ours, by names that exist', () => {
    const named = [...reference.matchAll(/^\| [^|]+\| `([a-z-]+)`/gm)].map(([, name = '']) => name)
    expect(named.filter((name) => !lintRules.some((rule) => rule.name === name))).toEqual([])
  })
})
