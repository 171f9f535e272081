import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as published from '../../src/index.ts'
import { readExamples } from '../../../../scripts/api-examples/read-examples.ts'
import { runExample } from '../../../../scripts/api-examples/run-example.ts'
import { openStage } from './conversion-names.ts'
import type { Content, ConversionStage } from './conversion-names.ts'

const examples = readExamples(join(import.meta.dirname, '../../../..'), 'packages/rls-migrations/src')

/** What the database holds, where it is not the tables of a service that was never converted. */
const contents: Readonly<Record<string, Content>> = {
  loadDump: 'nothing',
  rehearse: 'nothing',
  attackThroughPool: 'conversion',
  becomeOperator: 'conversion',
  lintDatabase: 'conversion',
  readIncrement: 'conversion',
  readSealKeys: 'conversion',
  rollbackPlan: 'conversion',
  rotateSealKey: 'conversion',
  switchSeal: 'conversion',
  verifyDatabase: 'conversion',
}

/** These change the database, and get one of their own. */
const changing: ReadonlySet<string> = new Set([
  'applyPlan',
  'loadDump',
  'readSealKeys',
  'rehearse',
  'rollbackPlan',
  'rotateSealKey',
  'switchSeal',
])

const shared = new Map<Content, Promise<ConversionStage>>()

function sharedStage(content: Content): Promise<ConversionStage> {
  const opened = shared.get(content) ?? openStage(content)
  shared.set(content, opened)
  return opened
}

afterAll(async () => {
  for (const stage of shared.values()) await (await stage)[Symbol.asyncDispose]()
})

async function run(code: string, stage: ConversionStage): Promise<void> {
  await using names = await stage.open()
  // Files are named from the folder of the example.
  const inFolder = code.replaceAll("path: 'shop.sql'", `path: ${JSON.stringify(join(names.cwd, 'shop.sql'))}`)
  await runExample(inFolder, { ...published, ...names })
}

describe('the examples of rls-migrations', () => {
  it.each(examples)('$name', async ({ name, code }) => {
    const content = contents[name] ?? 'tables'
    if (!changing.has(name)) return await run(code, await sharedStage(content))
    await using own = await openStage(content)
    await run(code, own)
  })

  it('are there that are said to need another database', () => {
    const names = examples.map(({ name }) => name)
    expect([...Object.keys(contents), ...changing].filter((name) => !names.includes(name))).toEqual([])
  })
})
