import { afterAll, beforeAll, expect, it } from 'vitest'
import { createServer } from './server.ts'
import { issueDemoToken } from '../src/demo-token.ts'
import { createConvertedDatabase, type ConvertedDatabase } from '../test/create-converted-database.ts'
let database: ConvertedDatabase
beforeAll(async () => { database = await createConvertedDatabase() })
afterAll(async () => { await database[Symbol.asyncDispose]() })
it('smoke', async () => {
  const secret = 'x'.repeat(64)
  const app = await createServer({ databaseUrl: database.appUrl, operatorUrl: database.operatorUrl, tokenSecret: secret })
  const base = await app.listen({ port: 0 })
  const user = database.first.memberIds[0]!
  const token = await issueDemoToken(user, secret)
  const get = async (path: string, headers: Record<string,string>) => { const r = await fetch(base + path, { headers }); return [r.status, r.headers.get('content-type'), (await r.text()).slice(0, 200)] }
  const a = { authorization: `Bearer ${token}` }
  console.log(await get('/health', {}), await get('/repositories?limit=1', { ...a, 'x-organization': 'default' }), await get('/repositories', { ...a, 'x-organization': 'second' }), await get('/repositories', { ...a, 'x-organization': 'nope' }), await get('/repositories', { 'x-organization': 'default' }), await get('/me', { ...a, 'x-organization': 'default' }), await get('/organizations', a), await get('/members?limit=2', { ...a, 'x-organization': 'default' }), await get('/members?limit=x', { ...a, 'x-organization': 'default' }), await get('/unknown', a), await get('/repositories/nope', {...a, 'x-organization': 'default'}))
  await app.close()
  expect(1).toBe(1)
})
