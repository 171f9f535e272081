import type { ProofCost } from './in-process.ts'
import type { LoadedProof } from './stalls.ts'

/** What a proof may cost: seconds by the number of tables, MiB, the share of tables left to their definition, the stall in ms. */
const limits = {
  seconds: new Map([
    [100, 60],
    [1000, 600],
  ]),
  peakMiB: 1024,
  staticOnly: 0.05,
  stallMs: 200,
} as const

/** A figure beside what was promised of it. */
export interface Target {
  readonly target: string
  readonly atMost: number
  readonly measured: number
  readonly ok: boolean
}

export function targetsOf(proof: ProofCost & { readonly tables: number }): readonly Target[] {
  const { tables } = proof
  const seconds = limits.seconds.get(tables)
  return [
    ...(seconds === undefined ? [] : [atMost(`${tables} tables: seconds`, seconds, proof.seconds)]),
    atMost(`${tables} tables: MiB at the peak`, limits.peakMiB, proof.peakMiB),
    atMost(`${tables} tables: not attacked`, Math.floor(tables * limits.staticOnly), proof.staticOnly),
    atMost(`${tables} tables: attacks that were not refused`, 0, proof.attacks - proof.blocked),
  ]
}

/** What the proof adds to the longest transaction of the clients. */
export function stallTargets({ alone, underProof, ok }: LoadedProof): readonly Target[] {
  return [
    atMost('16 clients: longest stall in ms', limits.stallMs, Math.max(0, underProof.longestMs - alone.longestMs)),
    atMost('16 clients: proofs that found something', 0, ok ? 0 : 1),
  ]
}

function atMost(target: string, limit: number, measured: number): Target {
  return { target, atMost: limit, measured: Math.round(measured * 10) / 10, ok: measured <= limit }
}
