import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createContractDatabase } from '@partywall/testing/contract'
import { testServer } from '@partywall/testing/vitest'
import { expect, it } from 'vitest'
import { packageDirectory, runProgram } from '../run-program.fixture.ts'

it('the README shows an outbox that delivers what it says', async () => {
  await using database = await createContractDatabase(await testServer())
  const readme = await readFile(join(packageDirectory, 'README.md'), 'utf8')
  const shown = /<!-- program: outbox -->\n```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const promised = [...shown.matchAll(/ \/\/ (.*)$/gm)].map(([, output]) => output)
  const { id } = await database.createOrganization()
  const program = `const organizationId = process.env.ORGANIZATION_ID
    process.env.OPERATOR_DATABASE_URL = ${JSON.stringify(database.operatorUrl)}
    ${shown}
    while (dispatcher.statistics().delivered < 3) await new Promise((resolve) => setTimeout(resolve, 20))
    await dispatcher.stop()
    await tenancy.close()`
  expect(await runProgram(program, { appUrl: database.appUrl, organizationId: id })).toEqual(promised)
  expect(promised).toHaveLength(1)
})
