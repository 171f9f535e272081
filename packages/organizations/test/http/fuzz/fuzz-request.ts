/** A request as bytes can say it: whatever of it a client lets through. */
export interface FuzzRequest {
  readonly method: string
  /** Path and query as they are sent. */
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer | undefined
}

/** For a report: enough to send it again. */
export function describeRequest({ method, target, headers, body }: FuzzRequest): string {
  const shown = body === undefined ? '' : JSON.stringify(body.toString('latin1').slice(0, 2000))
  return `${method} ${JSON.stringify(target.slice(0, 2000))} ${JSON.stringify(headers)} ${shown}`
}

/** The request as it goes over the wire, with whatever length it says that it has. */
export function wireText({ method, target, headers, body }: FuzzRequest, length = body?.length): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'host: fuzz',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(length === undefined ? [] : [`content-length: ${length}`]),
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)])
}
