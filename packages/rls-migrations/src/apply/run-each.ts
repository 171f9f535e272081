import { isTenancyError } from '@partywall/tenancy-core'
import type { Session } from '../database/session.ts'
import type { Operation } from '../plan/step.ts'
import { evaluateChecks } from './evaluate-checks.ts'

/** One piece of an operation that is done to every partition there is. */
export type Piece = Operation

/** How often the pieces are asked for again, when partitions come while the work is done. */
const ROUNDS = 5

/**
 * Runs an operation of many pieces, each by itself, so that a lock is held for one partition at a time and a run that was
 * cut off goes on with the next. Partitions that come meanwhile are taken up; one that goes is let go.
 */
export async function runEach(
  operation: Operation,
  session: Session,
  run: (piece: Piece) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { rows } = await session.query<PieceRow>(operation.each ?? '')
    if (rows.length === 0) return
    for (const row of rows) await runPiece(operation, row, { session, run })
  }
}

interface PieceRow {
  readonly statements: readonly string[]
  readonly index: string | null
}

async function runPiece(
  { each: _each, index: _index, ...operation }: Operation,
  { statements, index }: PieceRow,
  { session, run }: { session: Session; run: (piece: Piece) => Promise<void> },
): Promise<void> {
  try {
    await run({ ...operation, statements, checks: [], ...(index === null ? {} : { index }) })
  } catch (error) {
    // The partition may be gone, and with it the work on it.
    const [isDone] = isTenancyError(error, 'STEP_FAILED') ? await evaluateChecks(session, operation.checks) : [false]
    if (isDone !== true) throw error
  }
}
