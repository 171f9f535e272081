import { emitEvent } from '../tenancy-event.ts'
import type { PoolSettings } from './pool-settings.ts'
import type { TenantClient } from './tenant-client.ts'

/** A connection goes back when nothing of its holder is left on it, and is closed otherwise. */
export function giveBack(held: {
  client: TenantClient
  release: (error?: unknown) => void
  settings: PoolSettings
  error?: unknown
}): void {
  const { client, release, settings, error } = held
  const { session } = client
  if (error || !session.isSettled()) {
    reportClosed(client, settings)
    return release(error || true)
  }
  // Of a transaction that was begun and never used, the server has heard nothing.
  session.takeBegin()
  session.whenReady(() => {
    if (session.isClean()) return release()
    reportClosed(client, settings)
    release(true)
  })
}

function reportClosed(client: TenantClient, settings: PoolSettings): void {
  const { doomed } = client.session
  const inTransaction = ['T', 'E'].includes(client.getTransactionStatus() ?? '')
  const reason = doomed ?? (inTransaction ? 'in-transaction' : undefined)
  if (reason === undefined) return
  emitEvent(settings.onEvent, { type: 'connection.closed', reason, processId: client.processID ?? undefined })
}
