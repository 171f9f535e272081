import { send } from '@partywall/testing/http-attacks'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import * as z from 'zod'
import { asUser, prefix } from './attack-client.ts'

const secret = 'password=of-the-database'

/** Fails as a bug of a service does. */
export const faultRoute: Route = defineRoute({
  method: 'GET',
  path: '/fault',
  summary: 'Fail',
  tag: 'faults',
  scope: 'user',
  response: z.unknown(),
  handler: () => Promise.reject(new Error(secret)),
})

/** What a host tells of a fault, beside that it happened. */
export async function attackFault(origin: string): Promise<readonly string[]> {
  const sample = { path: prefix + faultRoute.path, headers: {}, body: undefined }
  const { status, code, text } = await send(origin, { route: faultRoute, sample, who: asUser('stranger') })
  if (status !== 500 || code !== 'INTERNAL') return [`a fault is answered ${status} ${code}`]
  return text.includes(secret) ? ['a fault tells of the inside'] : []
}
