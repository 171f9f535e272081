import { AssertionError, deepEqual } from 'node:assert/strict'
import { isTenancyError } from '@partywall/tenancy-core'
import type { RepositoryRow } from './scope-under-test.ts'

const sqlState = /^[0-9A-Z]{5}$/
const prismaCode = /^P\d{4}$/

/**
 * The SQLSTATE or the code of Partywall behind what a library threw. Libraries wrap errors, and Prisma passes on the
 * message of some and the code of others: the chain of causes is searched.
 *
 * @example
 * ```ts
 * codeOf(new Error('of a library', { cause: { code: '23505' } })) // '23505'
 * ```
 */
export function codeOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 6) return undefined
  const { code, originalCode, cause, meta, driverAdapterError, driverError, message } = error as Record<string, unknown>
  if (isTenancyError(error)) return error.code
  for (const inner of [cause, meta, driverAdapterError, driverError]) {
    const found = codeOf(inner, depth + 1)
    if (found !== undefined) return found
  }
  for (const own of [originalCode, code]) {
    if (typeof own === 'string' && sqlState.test(own) && !prismaCode.test(own)) return own
  }
  return typeof message === 'string' ? codeInMessage(message) : undefined
}

// Sentences by which the errors of the scope are known where a library keeps nothing else of them.
const sentences: Readonly<Record<string, RegExp>> = {
  TENANT_REQUIRED: /No tenant is in scope/,
  TENANT_MISMATCH: /checked out for .* is used in the scope of/,
  STATEMENT_REFUSED: /Refused: .*nothing was sent/s,
  STATEMENT_UNSUPPORTED: /Not supported: .*nothing was sent/s,
  LOGIN_PRIVILEGED: /is not bound by row level security/,
  CONTEXT_NOT_APPLIED: /did not confirm the tenant/,
  CONNECTION_POISONED: /The session had a tenant before/,
  CLIENT_RELEASED: /The client was released/,
  '42501': /row-level security policy|permission denied|tenant context is not set/,
  '23503': /foreign key constraint/i,
  '23505': /unique constraint/i,
}

function codeInMessage(message: string): string | undefined {
  return Object.entries(sentences).find(([, sentence]) => sentence.test(message))?.[0]
}

/** The work must fail, with one of the codes if any are given. */
export async function expectRefusal(work: () => unknown, ...codes: readonly string[]): Promise<void> {
  let outcome: unknown
  try {
    outcome = await work()
  } catch (error) {
    const code = codeOf(error)
    if (codes.length === 0 || codes.includes(code ?? '')) return
    const message = `refused with ${code ?? String(error)}, expected ${codes.join(' or ')}`
    throw new AssertionError({ message, actual: code, expected: codes })
  }
  const expected = codes.length === 0 ? 'a refusal' : codes.join(' or ')
  throw new AssertionError({ message: `went through, expected ${expected}`, actual: outcome, expected })
}

/** All rows, and at least one, belong to the organization. */
export function expectOwned(rows: readonly RepositoryRow[], organizationId: string): void {
  deepEqual([...new Set(rows.map((row) => row.organizationId))], [organizationId])
}

/** What raw SQL shows as organizations of rows. */
export const organizationsSql = 'select distinct org_id::text as id from repositories'
