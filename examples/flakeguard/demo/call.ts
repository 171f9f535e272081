import { issueDemoToken } from '../src/demo-token.ts'

/** Who calls: nobody, somebody with a token, or somebody who only says who they are. */
export interface Caller {
  readonly title: string
  readonly userId?: string
  readonly organization?: string
  /** A header that claims to be a user without proof. */
  readonly forgedUserId?: string
}

/** Asks the server and prints the answer in a line. */
export async function call(url: string, caller: Caller, tokenSecret: string): Promise<unknown> {
  const headers: Record<string, string> = {}
  if (caller.userId !== undefined)
    headers['authorization'] = `Bearer ${await issueDemoToken(caller.userId, tokenSecret)}`
  if (caller.organization !== undefined) headers['x-organization'] = caller.organization
  if (caller.forgedUserId !== undefined) headers['x-user-id'] = caller.forgedUserId
  const response = await fetch(url, { headers })
  const body: unknown = await response.json()
  console.log(`  ${caller.title.padEnd(48)} ${response.status} ${shorten(body)}`)
  return body
}

function shorten(body: unknown): string {
  const text = JSON.stringify(body)
  return text.length > 150 ? `${text.slice(0, 150)}...` : text
}
