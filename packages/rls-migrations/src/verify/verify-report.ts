import type { SealMode } from '../plan/plan.ts'
import type { Phase } from '../plan/step.ts'

/** Something that is not as it must be: an object of the wall that is missing, or a row that crossed it. */
export interface Crossing {
  /** The table as people write it; the role when the finding is about one; `''` when it is about neither. */
  readonly table: string
  /** What found it: `catalog`, a rule about roles and privileges, or a probe. */
  readonly probe: string
  readonly detail: string
}

/** The attacks of one probe, and those that were refused as they must be. */
export interface ProbeCount {
  readonly probe: string
  readonly run: number
  readonly blocked: number
}

/** One kind of sabotage, over all tables. */
export interface SabotageCount {
  readonly kind: string
  readonly run: number
  readonly killed: number
}

/** Deliberate sabotage: how much was tried, and how much of it the proof noticed. */
export interface MutationsReport {
  readonly run: number
  readonly killed: number
  /** The same by kind, in the order of the alphabet. */
  readonly kinds: readonly SabotageCount[]
  /** What nobody noticed; the table is `''` for what concerns all of them. */
  readonly survivors: readonly { readonly kind: string; readonly table: string }[]
  /** What the login or the server did not allow to be tried. */
  readonly notRun: readonly { readonly kind: string; readonly table: string; readonly reason: string }[]
}

/** What `verify` found. Plain data. */
export interface VerifyReport {
  /** True when nothing crossed and nothing is missing. */
  readonly ok: boolean
  /** The phase that was judged. */
  readonly phase: Phase
  /** What the context is: a bare id, a token or either for now, or a token. */
  readonly seal: SealMode | 'off'
  /** As `server_version_num` gives it: 180004 is 18.4. */
  readonly serverVersion: number
  /** Tenant and user-level tables. A table that is neither proved nor static only has a crossing. */
  readonly tables: { readonly total: number; readonly proved: number; readonly staticOnly: number }
  /** Tables that were not attacked to the end, and why: only their definitions are checked. */
  readonly staticOnly: readonly { readonly table: string; readonly reason: string }[]
  /** Everything through which the application sees data, and what was not looked through while others wrote. */
  readonly surfaces: {
    readonly total: number
    readonly compared: number
    readonly staticOnly: readonly { readonly surface: string; readonly reason: string }[]
  }
  /** Each table: how often it was attacked, how many attacks were refused as they must be, and both by probe. */
  readonly attacked: readonly {
    readonly table: string
    readonly run: number
    readonly blocked: number
    readonly probes: readonly ProbeCount[]
  }[]
  /** The attacks on what is no table of the host: records of the control plane, sequences, large objects. */
  readonly objects: readonly ProbeCount[]
  /** The attacks on connections; none without a login of the application. */
  readonly sessions: readonly ProbeCount[]
  /** Whom the rules judged: the role of the application, everyone who acts through it, and the login that was given. */
  readonly roles: readonly string[]
  /** All attacks, those on views, functions and connections included, and those that were refused as they must be. */
  readonly probes: { readonly run: number; readonly blocked: number }
  readonly crossings: readonly Crossing[]
  /** Nothing was tried unless it was asked for. */
  readonly mutations: MutationsReport
  /** Milliseconds. */
  readonly durationMs: number
}
