/** What a client sends, over and over. */
export interface LoadRequest {
  readonly path: string
  readonly body?: object
}

/** Where load goes, as whom, and what it is. */
export interface LoadOptions {
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  readonly clients: number
  readonly requests: readonly LoadRequest[]
}

/** What has become of the load. */
export interface LoadResult {
  readonly answered: number
  /** Everything that was not answered with 2xx, by status or by what was thrown. */
  readonly failed: ReadonlyMap<string, number>
  /** Of all answers, in milliseconds, in rising order. */
  readonly durationsMs: readonly number[]
}

/** Sends requests with so many clients, each its next one when it has its answer, until it is told to stop. */
export function startLoad(options: LoadOptions): { stop: () => Promise<LoadResult> } {
  const failed = new Map<string, number>()
  const durationsMs: number[] = []
  const over = new AbortController()
  const client = async (_: unknown, first: number): Promise<void> => {
    for (let turn = first; !over.signal.aborted; turn += 1) {
      const began = performance.now()
      const outcome = await send(options, turn)
      durationsMs.push(performance.now() - began)
      if (outcome !== undefined) failed.set(outcome, (failed.get(outcome) ?? 0) + 1)
    }
  }
  const clients = Array.from({ length: options.clients }, client)
  return {
    async stop() {
      over.abort()
      await Promise.all(clients)
      return { answered: durationsMs.length, failed, durationsMs: durationsMs.toSorted((one, other) => one - other) }
    },
  }
}

/** `undefined` when all is well. */
async function send({ origin, headers, requests }: LoadOptions, turn: number): Promise<string | undefined> {
  const { path, body } = requests[turn % requests.length] as LoadRequest
  try {
    const response = await fetch(origin + path, {
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    await response.text()
    return response.ok ? undefined : `${response.status}`
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } }
    return cause?.code ?? String(error)
  }
}
