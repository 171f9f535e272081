import { expect, it } from 'vitest'
import { runExample } from '../../../../scripts/api-examples/run-example.ts'
import { examples, pooledExample, published } from './slow-examples.ts'
import { openTestingStage } from './testing-names.ts'

it('the example of PgBouncer runs', async () => {
  const example = examples.find(({ name }) => name === pooledExample)
  expect(example).toBeDefined()
  // A reader has installed it.
  const installed = await published.startPgBouncer({ adminUrl: (await published.testServer()).url(), install: true })
  await installed.stop()
  await using stage = await openTestingStage()
  await stage.run((names) => runExample(example?.code ?? '', { ...published, ...names }))
})
