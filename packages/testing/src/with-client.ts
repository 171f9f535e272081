import { Client, type ClientConfig } from 'pg'

/** Runs the action on one connection of its own and ends it, whatever happens. */
export async function withClient<Result>(
  config: ClientConfig,
  action: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client(config)
  // A server that ends this connection must not end the process through an unhandled 'error' event.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await action(client)
  } finally {
    // Ending the connection must not hide why the action failed.
    await client.end().catch(() => undefined)
  }
}
