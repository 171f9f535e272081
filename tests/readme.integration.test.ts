import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withOutputs, withoutDurations } from '../scripts/readme-outputs.ts'

describe('README.md', () => {
  it('shows what the commands print, durations apart', async () => {
    const text = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
    expect(withoutDurations(text)).toBe(withoutDurations(await withOutputs(text)))
  })
})
