import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runExample } from '../../../../scripts/api-examples/run-example.ts'
import { attackNames, startAttackedHost } from './attack-names.ts'
import { examples, pooledExample, published, slowExamples } from './slow-examples.ts'
import { openTestingStage } from './testing-names.ts'
import type { TestingStage } from './testing-names.ts'

const elsewhere = [...slowExamples, pooledExample]
const here = examples.filter(({ name }) => !elsewhere.includes(name))
const isOfAttacks = ({ path }: { path: string }): boolean => path.includes('/http-attacks/')

let stage: TestingStage

beforeAll(async () => {
  stage = await openTestingStage()
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('the examples of testing', () => {
  it.each(here.filter((example) => !isOfAttacks(example)))('$name', async ({ code }) => {
    const tests: Promise<void>[] = []
    const collect = (_: string, test: () => Promise<void>): void => void tests.push(test())
    await stage.run((names) => runExample(code, { ...published, ...names, it: collect }))
    await Promise.all(tests)
  })

  it('run: those of the attacks', async () => {
    await using site = await startAttackedHost()
    const names = await attackNames(site)
    for (const { code } of here.filter(isOfAttacks)) await runExample(code, { ...published, ...names })
  })

  it('are there that are run elsewhere', () => {
    expect(examples.map(({ name }) => name)).toEqual(expect.arrayContaining(elsewhere))
  })
})
