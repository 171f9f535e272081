/** Prints what the service serves as `GET /v1/openapi.json`. No database is asked: nothing connects before a statement. */
import { createServer } from '../after/server.ts'

const nowhere = 'postgresql://nobody@localhost/nothing'
const app = await createServer({
  databaseUrl: nowhere,
  operatorUrl: nowhere,
  verifyToken: () => Promise.resolve(undefined),
  writeLog: () => undefined,
})
console.log((await app.inject('/v1/openapi.json')).body)
await app.close()
