import { codeOf } from '@partywall/testing/contract'
import type { SoakOptions } from './soak-target.ts'

/** What a soak saw. The first five must be 0. */
export interface SoakReport {
  /** Whether everything that must hold held. */
  readonly ok: boolean
  /** Rows of another organization than the one in scope. */
  readonly foreignRows: number
  /** Rows that were seen with no tenant in scope. */
  readonly unscopedRows: number
  /** Own rows that were there and not found. */
  readonly missingRows: number
  /** Connections that did not come back to the pool, came back in a transaction, or outlived it. */
  readonly lostConnections: number
  /** Errors that nothing in the soak explains, by code, with a message. */
  readonly unexpected: Readonly<Record<string, string>>
  /** Organizations that were served after it, of those that were asked. */
  readonly servedAtEnd: { readonly asked: number; readonly served: number }
  readonly turns: number
  readonly readings: number
  readonly durationMs: number
  /** How often each kind of work ended well, and was refused or failed. */
  readonly work: Readonly<Record<string, { done: number; failed: number }>>
  /** How often each code was seen. */
  readonly codes: Readonly<Record<string, number>>
}

// Each has a cause in the soak: its own errors, cancels, terminated sessions, and what the scope refuses.
const explained = new Set([
  '22012',
  '57014',
  '57P01',
  '42501',
  '2D000',
  '25P02',
  '25P01',
  '3B001',
  '08P01',
  '08006',
  '08003',
  'TENANT_REQUIRED',
  'STATEMENT_REFUSED',
  'CLIENT_RELEASED',
  'TENANT_MISMATCH',
  'SCOPE_ABORTED',
  // What follows a BEGIN that was cancelled.
  'TRANSACTION_NOT_OPENED',
  'CONNECTION_LOST',
])
const lost =
  /connection terminated|not queryable|connection error|ECONNRESET|EPIPE|closed the connection|server conn crashed/i

/** Counts while the soak runs. */
export class SoakTally {
  foreignRows = 0
  unscopedRows = 0
  missingRows = 0
  lostConnections = 0
  turns = 0
  readings = 0
  servedAtEnd = { asked: 0, served: 0 }
  readonly work: Record<string, { done: number; failed: number }> = {}
  readonly codes: Record<string, number> = {}
  readonly unexpected: Record<string, string> = {}

  ended(name: string, error?: unknown): void {
    const entry = (this.work[name] ??= { done: 0, failed: 0 })
    this.turns += 1
    if (error === undefined) entry.done += 1
    else {
      entry.failed += 1
      this.error(error)
    }
  }

  error(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    const code = lost.test(message)
      ? 'CONNECTION_LOST'
      : (codeOf(error) ?? (error as { code?: string }).code ?? message)
    this.codes[code] = (this.codes[code] ?? 0) + 1
    if (!explained.has(code)) this.unexpected[code] = message
  }

  /** Judges rows that were read with `organizationId` in scope. */
  rows(rows: readonly { readonly org_id?: unknown }[], organizationId: string, atLeast = 0): void {
    this.readings += 1
    this.foreignRows += rows.filter((row) => row.org_id !== organizationId).length
    if (rows.length < atLeast) this.missingRows += atLeast - rows.length
  }

  report(options: SoakOptions, startedAt: number): SoakReport {
    const { foreignRows, unscopedRows, missingRows, lostConnections, unexpected, servedAtEnd } = this
    const bad = foreignRows + unscopedRows + missingRows + lostConnections + Object.keys(unexpected).length
    const served = servedAtEnd.asked > 0 && servedAtEnd.served === servedAtEnd.asked
    return {
      ok: bad === 0 && served && this.readings > (options.workers ?? 0),
      foreignRows,
      unscopedRows,
      missingRows,
      lostConnections,
      unexpected,
      servedAtEnd,
      turns: this.turns,
      readings: this.readings,
      durationMs: Math.round(performance.now() - startedAt),
      work: this.work,
      codes: this.codes,
    }
  }
}
