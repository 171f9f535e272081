import { createHash } from 'node:crypto'

/** What an interleaving calls its things in the database: nothing that another one has. */
export interface Names {
  readonly number: number
  readonly organizationId: string
  readonly role: (role: string) => string
  readonly keyId: (slot: number) => string
  readonly tokenDigest: (slot: number) => Buffer
  readonly secretDigest: (slot: number) => Buffer
}

const builtIn = new Set(['owner', 'admin', 'member', 'viewer'])

/** The names of the interleaving with that number. */
export function namesOf(number: number, organizationId: string): Names {
  const digest = (text: string): Buffer => createHash('sha256').update(`${organizationId} ${text}`).digest()
  return {
    number,
    organizationId,
    role: (role) => (builtIn.has(role) ? role : `${role}-${number}`),
    keyId: (slot) => digest(`key ${slot}`).toString('hex').slice(0, 16),
    tokenDigest: (slot) => digest(`token ${slot}`),
    secretDigest: (slot) => digest(`secret ${slot}`),
  }
}
