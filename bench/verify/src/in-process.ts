import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { ConvertedDatabase } from './converted-database.ts'

/** What a proof cost. */
export interface ProofCost {
  readonly ok: boolean
  readonly seconds: number
  readonly peakMiB: number
  readonly proved: number
  readonly staticOnly: number
  readonly surfaces: number
  readonly attacks: number
  readonly blocked: number
}

/** Verifies in a process of its own. */
export function verifyInProcess({ ownerUrl, appUrl }: ConvertedDatabase): Promise<ProofCost> {
  const child = fork(join(import.meta.dirname, 'verify-once.ts'), {
    env: { ...process.env, DATABASE_URL: ownerUrl, PARTYWALL_APP_URL: appUrl },
  })
  return new Promise<ProofCost>((resolve, reject) => {
    child.once('message', (cost) => resolve(cost as ProofCost))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the proof ended with ${code} and no figures`)))
  })
}
