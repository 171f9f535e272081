import { createTokenVerifier, openTokenKeys, requireEnvironment } from 'host-parts-example'
import { serve } from '../src/serve.ts'
import { tokenNames } from '../src/tokens.ts'
import { createServer } from './server.ts'

const keys = await openTokenKeys(requireEnvironment('FLAKEGUARD_JWKS_URL'))
const app = await createServer({
  databaseUrl: requireEnvironment('APP_DATABASE_URL'),
  operatorUrl: requireEnvironment('OPERATOR_DATABASE_URL'),
  verifyToken: createTokenVerifier({ keys, ...tokenNames }),
})
await serve(app)
