import type { QualifiedName } from '../../sql/identifier.ts'
import type { PlanSettings } from '../../plan/plan.ts'
import type { ControlPlaneTable } from '../control-plane/control-plane-tables.ts'
import type { Outcome, Verdict } from '../probe.ts'
import type { TenantSetting } from '../tenant-setting.ts'

/** What lies beside the tables of the host: records of the control plane, sequences, large objects. */
export interface ObjectScene {
  readonly settings: PlanSettings
  readonly setting: TenantSetting
  /** The attacker and its neighbour. Both have records where a second organization may exist; else only the neighbour. */
  readonly a: string
  readonly b: string
  readonly records: readonly ControlPlaneTable[]
  readonly sequences: readonly QualifiedName[]
  readonly largeObjects: readonly string[]
}

/** Statements that run as the application, from the state in which the records are there. */
export interface ObjectAttempt {
  /** What is attacked, as people write it. */
  readonly object: string
  readonly statements: readonly string[]
  readonly judge: (outcome: Outcome) => Verdict
}

/** An attack on what is no table of the host. Plain data and a pure function. */
export interface ObjectProbe {
  readonly name: string
  readonly promise: string
  readonly attempts: (scene: ObjectScene) => readonly ObjectAttempt[]
}
