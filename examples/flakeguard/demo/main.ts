/**
 * FlakeGuard from one organization to many, on a database of its own: the single-tenant service with data, the
 * conversion, a second organization, the multi-tenant service, and callers who try what they may not. Stays up until it
 * is interrupted; with `--once` it ends after the calls.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { InvitationMessage } from '@partywall/organizations'
import type { FastifyInstance } from 'fastify'
import { createTokenIssuer, createTokenVerifier } from 'host-parts-example'
import { runPartywall, select, startDemoDatabase, type DemoDatabase } from 'host-parts-example/demo'
import { createServer as createAfter } from '../after/server.ts'
import { createServer as createBefore } from '../before/server.ts'
import { seed } from '../src/seed/seed.ts'
import { tokenNames } from '../src/tokens.ts'
import { call } from './call.ts'
import { showInvitation } from './show-invitation.ts'

const { values } = parseArgs({
  options: { once: { type: 'boolean', default: false }, scale: { type: 'string', default: '1' } },
})
const issuer = await createTokenIssuer(tokenNames)
const verifyToken = createTokenVerifier({ keys: issuer.findKey, ...tokenNames })
const sent: InvitationMessage[] = []

title('FlakeGuard, single-tenant')
await using database = await startDemoDatabase({
  name: 'flakeguard',
  schema: new URL('../database/schema.sql', import.meta.url),
})
const people = await startBefore(database)

title('The conversion')
await convert(database)

title('FlakeGuard, multi-tenant')
const operatorUrl = await database.login('flakeguard_operator', 'partywall_flakeguard_operator')
const app = await startAfter(database)
const url = await app.listen({ port: 0, host: '127.0.0.1' })
await showIsolation(url, people)
await showInvitation({
  address: url,
  issuer,
  sent,
  operatorUrl,
  owner: people.alice,
  stranger: people.bob,
})
if (!values.once) await stayUp(app, url)
await app.close()

interface People {
  readonly alice: string
  readonly aliceEmail: string
  readonly bob: string
  readonly bobEmail: string
}

/** The service as it is today: one organization, the owner's login. */
async function startBefore({ ownerUrl }: DemoDatabase): Promise<People> {
  const { rows, durationMs } = await seed(ownerUrl, { scale: Number(values.scale), seed: 1 })
  console.log(
    `${rows['TestResult']} test results in ${Object.keys(rows).length} tables, loaded in ${Math.round(durationMs)} ms`,
  )
  const [alice, bob] = await select<{ id: string; email: string }>(
    ownerUrl,
    'select "id", "email" from "User" order by "email" limit 2',
  )
  if (alice === undefined || bob === undefined) throw new Error('The generated data has fewer than two people.')
  const before = await createBefore({ databaseUrl: ownerUrl, verifyToken, writeLog: () => undefined })
  const address = await before.listen({ port: 0, host: '127.0.0.1' })
  console.log(`GET ${address}/stats`)
  await call(`${address}/stats`, { title: 'somebody who is signed in', userId: alice.id }, issuer)
  await before.close()
  return { alice: alice.id, aliceEmail: alice.email, bob: bob.id, bobEmail: bob.email }
}

async function convert({ ownerUrl }: DemoDatabase): Promise<void> {
  const directory = fileURLToPath(new URL('..', import.meta.url))
  const partywall = (...args: string[]): Promise<void> => runPartywall({ directory, databaseUrl: ownerUrl }, args)
  await partywall('plan')
  await partywall('apply')
  await partywall('verify')
  await partywall('members', 'import', '--owner', people.aliceEmail, '--yes')
  await partywall('apply', '--to', 'contract', '--yes')
  await partywall('organizations', 'create', '--slug', 'globex', '--name', 'Globex', '--owner', people.bobEmail)
  const [globex] = await select<{ id: string }>(
    ownerUrl,
    `select id::text as id from partywall.organizations where slug = 'globex'`,
  )
  const { rows } = await seed(ownerUrl, { scale: Number(values.scale) / 10, seed: 2, organizationId: globex?.id })
  // Bob works for Globex alone from here on, so that each of the two is a stranger to the other's organization.
  await select(
    ownerUrl,
    `delete from partywall.memberships m using partywall.organizations o where o.id = m.organization_id and o.is_default and m.user_id = '${people.bob}'`,
  )
  console.log(`Globex has ${rows['TestResult']} test results of its own.`)
  await partywall('apply', '--to', 'enforce', '--yes')
  await partywall('verify')
}

/** The same service with the application's login, which row-level security binds. */
async function startAfter(demo: DemoDatabase): Promise<FastifyInstance> {
  return createAfter({
    databaseUrl: await demo.login('flakeguard_app', 'partywall_flakeguard_app'),
    operatorUrl,
    verifyToken,
    mailer: { send: async (message) => void sent.push(message) },
    writeLog: () => undefined,
  })
}

async function showIsolation(address: string, { alice, bob }: People): Promise<void> {
  const ask = (path: string, caller: Parameters<typeof call>[1]): Promise<unknown> =>
    call(`${address}${path}`, caller, issuer)
  console.log(`GET ${address}/stats`)
  await ask('/stats', { title: 'Alice, in the default organization', userId: alice, organization: 'default' })
  await ask('/stats', { title: 'Bob, in Globex', userId: bob, organization: 'globex' })
  await ask('/stats', { title: 'Alice, asking for Globex', userId: alice, organization: 'globex' })
  await ask('/stats', {
    title: 'Alice, asking for an organization that is not',
    userId: alice,
    organization: 'nowhere',
  })
  await ask('/stats', { title: 'nobody, with a forged header', organization: 'default', forgedUserId: alice })
  const list = await ask('/repositories', {
    title: 'Bob, listing his repositories',
    userId: bob,
    organization: 'globex',
  })
  const [repository] = repositoriesOf(list)
  console.log(`GET ${address}/repositories/${repository}`)
  await ask(`/repositories/${repository}`, { title: 'Bob, reading one of them', userId: bob, organization: 'globex' })
  await ask(`/repositories/${repository}`, {
    title: 'Alice, reading it by its id',
    userId: alice,
    organization: 'default',
  })
}

function repositoriesOf(body: unknown): string[] {
  const rows = Array.isArray(body) ? body : ((body as { items?: unknown[] }).items ?? [])
  return rows.map((row) => (row as { id: string }).id)
}

async function stayUp(server: FastifyInstance, address: string): Promise<void> {
  console.log(`\nThe service is up: ${address}. Try it in another terminal; Ctrl+C ends it.`)
  console.log(`Its database, as the owner of the tables: ${database.ownerUrl}`)
  console.log(
    `  curl -H 'X-Organization: default' -H 'Authorization: Bearer ${await issuer.issue(people.alice)}' ${address}/repositories`,
  )
  console.log(
    `  curl -H 'X-Organization: globex' -H 'Authorization: Bearer ${await issuer.issue(people.bob)}' ${address}/repositories`,
  )
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await server.close()
}

function title(text: string): void {
  console.log(`\n== ${text} ${'='.repeat(Math.max(0, 70 - text.length))}`)
}
