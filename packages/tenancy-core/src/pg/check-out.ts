import { AsyncResource } from 'node:async_hooks'
import type { Scope } from '../scope.ts'
import { admit } from './admit.ts'
import { ClientHandle } from './client-handle.ts'
import { giveBack } from './give-back.ts'
import type { ConnectCallback, LentClient } from './pg-module.ts'
import type { Lender } from './pool-requests.ts'
import type { Passage, PoolSettings } from './pool-settings.ts'
import { assertNotPrisma } from './prisma-detection.ts'
import { deliver, readQueryCall, withCallback } from './query-call.ts'
import type { QueryCall, QueryCallback } from './query-call.ts'
import { assertNotAborted, assertSameScope, scopeOf, unitScopeOf } from './scope-of-call.ts'
import type { TenantClient } from './tenant-client.ts'

/** Lends a client that is bound to the scope of its caller, from the operator's pool or from the lender. */
export function checkOut(lender: Lender, passage: Passage, callback: ConnectCallback | undefined): unknown {
  const { settings } = lender
  const start = (settle: QueryCallback): void => {
    const scope = scopeOf(passage, settings.scopes)
    assertNotAborted(unitScopeOf(scope))
    const hand: ConnectCallback = (error, client, release) => {
      if (error || client === undefined) return settle(error)
      settle(undefined, openHandle({ client, release, scope, passage, settings }))
    }
    if (scope.kind === 'operator') settings.operatorPool().connect(hand)
    else admit(scope, settings, { settle, go: () => lender.acquire(scope, hand) })
  }
  if (callback === undefined) return deliver(undefined, start)
  const bound = AsyncResource.bind(callback)
  return deliver((error, client) => {
    if (error) bound(error, undefined, () => {})
    else bound(undefined, client as LentClient, (failure) => (client as LentClient).release(failure))
  }, start)
}

function openHandle(checkOut: {
  client: LentClient
  release: (error?: unknown) => void
  scope: Scope
  passage: Passage
  settings: PoolSettings
}): unknown {
  const { client, release, scope, passage, settings } = checkOut
  const query = (args: readonly unknown[]): unknown => {
    const call = readQueryCall(args)
    const start = (settle: QueryCallback): void => {
      if (passage.trusted !== true) assertNotPrisma(args)
      assertSameScope(scope, settings.scopes.current())
      if (scope.kind === 'operator') client.query(...withCallback(args, settle))
      else (client as TenantClient).enqueue(call, unitScopeOf(scope), settle)
    }
    return call.foreign === undefined ? deliver(call.callback, start) : submitForeign(client, call, { start, args })
  }
  const stopListening = scope.kind === 'operator' ? hearErrors(client) : undefined
  return ClientHandle.open({
    client,
    query,
    transactionStatus: () =>
      (client as Partial<TenantClient>).session?.transactionStatus ?? client.getTransactionStatus(),
    release: (error) => {
      stopListening?.()
      if (scope.kind !== 'operator') return giveBack({ client: client as TenantClient, release, settings, error })
      release(error || client.getTransactionStatus() !== 'I')
    },
  })
}

/** The statement that runs reports a broken connection; an unheard event beside it would end the process. */
function hearErrors(client: LentClient): () => void {
  const ignore = (): void => {}
  client.on('error', ignore)
  return () => client.removeListener('error', ignore)
}

/** Cursors and streams report failures themselves, and are what `query()` returns. */
function submitForeign(
  client: LentClient,
  call: QueryCall,
  submission: { start: (settle: QueryCallback) => void; args: readonly unknown[] },
): unknown {
  const foreign = call.foreign as NonNullable<QueryCall['foreign']>
  try {
    submission.start(call.callback ?? (() => {}))
  } catch (error) {
    process.nextTick(() => foreign.handleError(error, client.connection))
  }
  return foreign
}
