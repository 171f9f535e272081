import { describe, it } from 'vitest'
import { runExample } from '../../../../scripts/api-examples/run-example.ts'
import { attackedDocument, startAttackedHost } from '../examples/attack-names.ts'
import { examples, published, slowExamples } from '../examples/slow-examples.ts'
import { suiteNames } from '../examples/testing-names.ts'

for (const { name, code } of examples.filter((one) => slowExamples.includes(one.name))) {
  const run = (): Promise<void> =>
    runExample(code, { ...published, ...suiteNames, document: attackedDocument, startAttackedHost })
  // A suite is described while tests are collected; vitest waits for it.
  if (name.startsWith('describe')) describe(`the example of ${name}`, run)
  else it(`the example of ${name}`, run)
}
