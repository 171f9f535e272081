/** The service on a PostgreSQL of its own, of which nothing remains: converted by the commands, with two organizations. */
import path from 'node:path'
import { createTokenIssuer, createTokenVerifier } from 'host-parts-example'
import { runPartywall, startDemoDatabase } from 'host-parts-example/demo'
import { createHost } from '../src/create-host.ts'
import { serve } from '../src/serve.ts'
import { tokenNames } from '../src/tokens.ts'
import { convert } from './convert.ts'

const schema = new URL('../database/schema.sql', import.meta.url)
const database = await startDemoDatabase({ name: 'notes', schema })
await convert(database.ownerUrl)
await runPartywall({ directory: path.join(import.meta.dirname, '..'), databaseUrl: database.ownerUrl }, ['verify'])
const issuer = await createTokenIssuer(tokenNames)
const host = createHost({
  databaseUrl: await database.login('notes_web', 'partywall_notes_app'),
  operatorUrl: await database.login('notes_operator', 'partywall_notes_operator'),
  verifyToken: createTokenVerifier({ keys: issuer.findKey, ...tokenNames }),
})
const close = async (): Promise<void> => {
  await host.close()
  await database[Symbol.asyncDispose]()
}
const origin = await serve({ ...host, close })
console.log(`\nexport ORIGIN=${origin}`)
for (const user of ['ada', 'bob']) console.log(`export ${user.toUpperCase()}=${await issuer.issue(user)}`)
