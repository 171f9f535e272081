import type { NodeRequest } from './claim-request.ts'

/** What a test sends: headers as they come, from an address. */
export interface Sent {
  readonly from?: string | undefined
  readonly url?: string
  readonly body?: unknown
}

/** A request as Node would make it of these headers: the first of some, the others joined. */
export function requestOf(
  headers: readonly (readonly [name: string, value: string])[],
  { from, url = '/', body }: Sent = {},
): NodeRequest & { readonly body: unknown } {
  const joined: Record<string, string> = {}
  for (const [given, value] of headers) {
    const name = given.toLowerCase()
    if (joined[name] === undefined) joined[name] = value
    else if (!['authorization', 'host'].includes(name)) joined[name] += `, ${value}`
  }
  return { headers: joined, rawHeaders: headers.flat(), socket: { remoteAddress: from }, url, body }
}

/** The code of what a reader throws, or what it gives. */
export async function outcome(read: () => unknown): Promise<unknown> {
  try {
    return await read()
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
}
