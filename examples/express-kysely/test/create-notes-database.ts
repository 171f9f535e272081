import { readFile } from 'node:fs/promises'
import { createAppLogin } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import { select } from 'host-parts-example/demo'
import { convert } from '../demo/convert.ts'

/** The converted database of the notes, with the organizations `acme` of Ada and `globex` of Bob. */
export interface NotesDatabase extends AsyncDisposable {
  readonly appUrl: string
  readonly operatorUrl: string
}

export async function createNotesDatabase(): Promise<NotesDatabase> {
  const server = await testServer()
  const owner = await createAppLogin(server.url())
  await select(server.url(), `alter role "${owner.role}" createrole`)
  const database = await server.createDatabase({ owner: owner.role })
  const { username, password } = new URL(owner.url)
  const ownerUrl = database.url({ user: username, password: decodeURIComponent(password) })
  await select(ownerUrl, await readFile(new URL('../database/schema.sql', import.meta.url), 'utf8'))
  await convert(ownerUrl, { quiet: true })
  const role = `partywall_${new URL(ownerUrl).pathname.slice(1)}`
  const app = await createAppLogin(database.url(), { memberOf: [`${role}_app`] })
  const operator = await createAppLogin(database.url(), { memberOf: [`${role}_operator`] })
  return {
    appUrl: app.url,
    operatorUrl: operator.url,
    async [Symbol.asyncDispose]() {
      await app.drop()
      await operator.drop()
      await database.drop()
      await owner.drop()
    },
  }
}
