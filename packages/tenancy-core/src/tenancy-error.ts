const brand: symbol = Symbol.for('partywall.error')

/** What every error of Partywall carries beside its message. */
export interface TenancyErrorOptions {
  /** Facts a program may read: names, limits, SQLSTATEs. Never row data, never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
  /** The error underneath, when another library raised it. */
  readonly cause?: unknown
}

/**
 * The base of every error that Partywall raises. `code` is API: programs match on it, the reference has a section for
 * each. The message says what happened, with which value, and what to do.
 *
 * @example
 * ```ts
 * const error = new TenancyError('QUOTA_EXCEEDED', 'There are 3 repositories. Delete one first.', { details: { limit: 3 } })
 * error.details // { limit: 3 }
 * ```
 */
export class TenancyError extends Error {
  override readonly name: string = 'TenancyError'
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, options: TenancyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = Object.freeze({ ...options.details })
    // A brand instead of `instanceof`: two copies of the package in one process must still recognize each other's errors.
    Object.defineProperty(this, brand, { value: true })
  }
}

/**
 * Whether `error` is an error of Partywall, of that code when one is given, whichever copy of the package raised it.
 *
 * @example
 * ```ts
 * const error: unknown = await tenancy.pool.query('select 1').catch((reason: unknown) => reason)
 * isTenancyError(error, 'TENANT_REQUIRED') // true
 * ```
 */
export function isTenancyError<Code extends string>(
  error: unknown,
  code?: Code,
): error is TenancyError & { code: Code } {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false
  return code === undefined || (error as TenancyError).code === code
}
