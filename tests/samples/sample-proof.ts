/** What came of one sample on one major version of PostgreSQL. Plain data: it travels between processes. */
export interface SampleProof {
  readonly sample: string
  readonly major: string
  /** What `verify` says. */
  readonly ok: boolean
  /** What crossed or is missing, as a line each. */
  readonly crossings: readonly string[]
  readonly tables: number
  readonly proved: number
  /** Tables of which only the definition is checked, with the reason. */
  readonly staticOnly: readonly string[]
  readonly sabotages: number
  readonly killed: number
  /** Sabotages that nothing noticed: the kind and the table. */
  readonly survivors: readonly string[]
  /** Sabotages that change nothing on this server, as the transaction tells: it wrote nothing. */
  readonly idle: number
  /** Sabotages that could not be tried though nothing in the server's grammar forbids them, with the reason. */
  readonly notRun: readonly string[]
  /** Tables that were sabotaged in fewer than twenty ways. */
  readonly spared: readonly string[]
  readonly seconds: number
}

/** The share of tables that may be checked by their definition only. */
const MOST_STATIC = 0.05

/** Why a proof is not good enough, as a line each; none when it is. */
export function findProblems(proof: SampleProof): readonly string[] {
  const { ok, crossings, tables, staticOnly, sabotages, killed, survivors, notRun, spared } = proof
  const line = (words: string): string => `${proof.sample} on ${proof.major}: ${words}`
  return [
    ...(ok ? [] : ['verify is not ok']),
    ...crossings.map((one) => `crossing: ${one}`),
    ...(tables === 0 ? ['no table was verified'] : []),
    ...(staticOnly.length > tables * MOST_STATIC ? staticOnly.map((one) => `by definition only: ${one}`) : []),
    ...(sabotages === 0 ? ['nothing was sabotaged'] : []),
    ...survivors.map((one) => `survived: ${one}`),
    ...(killed === sabotages - survivors.length ? [] : [`${killed} of ${sabotages} sabotages were noticed`]),
    ...notRun.map((one) => `not tried: ${one}`),
    ...spared.map((one) => `sabotaged in fewer than twenty ways: ${one}`),
  ].map(line)
}
