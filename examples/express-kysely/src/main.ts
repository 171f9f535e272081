import { createTokenVerifier, openTokenKeys, requireEnvironment } from 'host-parts-example'
import { createHost } from './create-host.ts'
import { serve } from './serve.ts'
import { tokenNames } from './tokens.ts'

const keys = await openTokenKeys(requireEnvironment('NOTES_JWKS_URL'))
await serve(
  createHost({
    databaseUrl: requireEnvironment('APP_DATABASE_URL'),
    operatorUrl: requireEnvironment('OPERATOR_DATABASE_URL'),
    verifyToken: createTokenVerifier({ keys, ...tokenNames }),
  }),
)
