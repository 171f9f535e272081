import type { Scope } from '../scope.ts'
import type { PoolSettings } from './pool-settings.ts'
import type { QueryCallback } from './query-call.ts'

/** Goes on at once, except with a statement outside every scope that is let through: that waits for the check. */
export function admit(scope: Scope, settings: PoolSettings, steps: { settle: QueryCallback; go: () => void }): void {
  const check = scope.kind === 'tenant' && scope.observed === true ? settings.admitUnscoped() : undefined
  if (check === undefined) return steps.go()
  void waitFor(check, steps)
}

async function waitFor(check: Promise<void>, steps: { settle: QueryCallback; go: () => void }): Promise<void> {
  try {
    await check
    steps.go()
  } catch (error) {
    steps.settle(error)
  }
}
