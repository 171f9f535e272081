import type { Credentials } from '@partywall/testing/http-attacks'
import { sessionToken } from './session-token.ts'

/** In front of every route. */
export const prefix = '/v1'

export function asUser(userId: string, organization?: string): Credentials {
  return asBearer(sessionToken(userId), organization)
}

export function asBearer(token: string, organization?: string): Credentials {
  return {
    authorization: `Bearer ${token}`,
    ...(organization === undefined ? {} : { 'x-organization': organization }),
  }
}
