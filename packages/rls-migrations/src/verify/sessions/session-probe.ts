import type { AppLane } from '../probe-lane.ts'
import { setContext } from '../tenant-statements.ts'

/** What session probes share: two clients of the application, as different requests would be. */
export interface SessionScene {
  readonly clients: readonly [AppLane, AppLane]
  readonly setting: string
  /** An organization that nobody has. */
  readonly organization: string
}

/** An attack on connections and what lies between them and the server. Nothing is written. */
export interface SessionProbe {
  readonly name: string
  readonly promise: string
  /** What was wrong; undefined when nothing was. */
  readonly run: (scene: SessionScene) => Promise<string | undefined>
}

/** The setting outside of any transaction of ours; undefined when there is none, as it must be. */
export async function tenantOf(client: AppLane, setting: string): Promise<string | undefined> {
  const outcome = await client.run([
    `select pg_catalog.current_setting('${setting.replaceAll("'", "''")}', true) as tenant`,
  ])
  const tenant = outcome.kind === 'rows' ? outcome.rows[0]?.['tenant'] : undefined
  return typeof tenant === 'string' && tenant !== '' ? tenant : undefined
}

/** A transaction that sets the tenant and ends, one way or the other: it has written nothing. */
export async function passThrough(
  client: AppLane,
  { setting, organization }: SessionScene,
  end: 'commit' | 'rollback',
): Promise<void> {
  await client.run(['begin', setContext(setting, organization), end])
}
