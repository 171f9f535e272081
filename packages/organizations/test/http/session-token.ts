import { createHmac, timingSafeEqual } from 'node:crypto'

/** What the hosts of the attacks sign sessions with. */
const key = 'the hosts of the attacks, and nobody else'

/** A token of a session, as a host may issue it: a user and an end, signed. */
export function sessionToken(
  userId: string,
  options: { readonly expired?: boolean; readonly key?: string } = {},
): string {
  const until = Date.now() + (options.expired === true ? -1000 : 3_600_000)
  const claims = Buffer.from(JSON.stringify([userId, until])).toString('base64url')
  return `${claims}.${sign(claims, options.key ?? key)}`
}

/** The user of a token that is genuine and has not expired. */
export function verifySession(token: string): string | undefined {
  const [claims = '', mac = ''] = token.split('.')
  const expected = Buffer.from(sign(claims, key))
  const given = Buffer.from(mac)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const [userId, until] = JSON.parse(Buffer.from(claims, 'base64url').toString()) as [string, number]
  return until > Date.now() ? userId : undefined
}

function sign(claims: string, secret: string): string {
  return createHmac('sha256', secret).update(claims).digest('base64url')
}
