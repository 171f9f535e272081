/** Whether requests should be sent here. */
export interface Readiness {
  /** Asks the database, unless the host is stopping. Callers that ask at the same time share one answer. */
  check(): Promise<boolean>
  /** Answers no from here on. */
  stop(): void
  readonly isStopping: boolean
}

/**
 * Readiness as a load balancer asks for it: yes while the database answers within `timeoutMs`.
 *
 * @param ask - one cheap statement.
 */
export function createReadiness(ask: () => PromiseLike<unknown>, timeoutMs = 2_000): Readiness {
  let isStopping = false
  let asking: Promise<boolean> | undefined
  return {
    check() {
      if (isStopping) return Promise.resolve(false)
      asking ??= within(ask(), timeoutMs).finally(() => (asking = undefined))
      // The host may have begun to stop while the database was asked.
      return asking.then((answered) => answered && !isStopping)
    },
    stop() {
      isStopping = true
    },
    get isStopping() {
      return isStopping
    },
  }
}

async function within(work: PromiseLike<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), timeoutMs)))
  const answered = Promise.resolve(work).then(
    () => true,
    () => false,
  )
  return await Promise.race([answered, late]).finally(() => clearTimeout(timer))
}
