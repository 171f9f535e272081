interface Querying {
  query(...args: unknown[]): unknown
}

/**
 * Sends the queries of a connection one after another, each when the one in front of it was answered. Prisma's adapter sends those
 * of a transaction as they come, and leaves it to the queue of `pg`, which goes away with `pg` 9.
 */
export function inTurn<Client extends Querying>(client: Client): Client {
  const send: Querying['query'] = client.query.bind(client)
  let last: Promise<void> = Promise.resolve()
  let unanswered = 0
  const settle = async (answer: Promise<unknown>): Promise<void> => {
    try {
      await answer
    } catch {
      // Whoever asked hears of it.
    } finally {
      unanswered -= 1
    }
  }
  client.query = (...args) => {
    const start = async (): Promise<unknown> => await send(...args)
    const answer = unanswered === 0 ? start() : last.then(start)
    unanswered += 1
    last = settle(answer)
    return answer
  }
  return client
}
