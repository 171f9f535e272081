import { requireEnvironment, requireTokenSecret } from '../src/environment.ts'
import { createServer } from './server.ts'

const app = await createServer({
  databaseUrl: requireEnvironment('APP_DATABASE_URL'),
  operatorUrl: requireEnvironment('OPERATOR_DATABASE_URL'),
  tokenSecret: requireTokenSecret(),
})
console.log(`FlakeGuard listens on ${await app.listen({ port: Number(process.env['PORT'] ?? 3000) })}.`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close())
