import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { countChanges, describeChanges, insertChanges } from './scripts/describe-changes.ts'

const readme = await readFile(path.join(import.meta.dirname, 'README.md'), 'utf8')

describe('README', () => {
  it('shows the real difference between before and after', async () => {
    expect(readme).toBe(await insertChanges(readme))
  })

  it('keeps its promise that the difference is small', async () => {
    const { removed, added } = countChanges(await describeChanges('server.ts'))
    expect(removed).toBeLessThanOrEqual(8)
    expect(added).toBeLessThanOrEqual(45)
  })
})
