import type { TokenIssuer } from 'host-parts-example'

/** Who calls: nobody, somebody with a token, or somebody who only says who they are. */
export interface Caller {
  readonly title: string
  readonly userId?: string
  readonly organization?: string
  /** A header that claims to be a user without proof. */
  readonly forgedUserId?: string
  /** Sent as JSON, with POST. */
  readonly body?: object
}

/** Asks the server and prints the answer in a line. */
export async function call(url: string, caller: Caller, issuer: TokenIssuer): Promise<unknown> {
  const headers: Record<string, string> = {}
  if (caller.userId !== undefined) headers['authorization'] = `Bearer ${await issuer.issue(caller.userId)}`
  if (caller.organization !== undefined) headers['x-organization'] = caller.organization
  if (caller.forgedUserId !== undefined) headers['x-user-id'] = caller.forgedUserId
  if (caller.body !== undefined) headers['content-type'] = 'application/json'
  const response = await fetch(url, {
    headers,
    ...(caller.body === undefined ? {} : { method: 'POST', body: JSON.stringify(caller.body) }),
  })
  const body: unknown = await response.json()
  console.log(`  ${caller.title.padEnd(48)} ${response.status} ${shorten(body)}`)
  return body
}

function shorten(body: unknown): string {
  const text = JSON.stringify(body)
  return text.length > 150 ? `${text.slice(0, 150)}...` : text
}
