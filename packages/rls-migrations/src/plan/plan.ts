import type { Step } from './step.ts'
import type { TableClass } from '../classify/classify-tables.ts'
import type { OrganizationFrom } from '../config/conversion-config.ts'
import type { AdoptedRoot } from '../derive/adopted-root.ts'
import type { Derivation } from '../derive/derivation.ts'

/** The roles of one database; roles are cluster-wide, hence the database's name in each. */
export interface RoleNames {
  /** NOLOGIN group: tenant data under row-level security. The host's login is a member. */
  readonly app: string
  /** NOLOGIN: control plane, all organizations. */
  readonly operator: string
  /** NOLOGIN, member of app: owns views and definer functions. */
  readonly definer: string
  /** NOLOGIN, member of the owner and of operator: the host's own migrations after enforcement. */
  readonly migrator: string
}

/** What a sealed context takes: tokens and bare ids, on the way from one to the other, or tokens only. */
export type SealMode = 'accept' | 'require'

/** What the plan was made with; frozen with it. */
export interface PlanSettings {
  readonly controlSchema: string
  readonly tenantColumn: string
  readonly setting: string
  /** Absent where the context is a bare id. */
  readonly seal?: SealMode | undefined
  /** Absent on a single server. */
  readonly engine?: 'citus' | undefined
  /** The type of organization ids. */
  readonly keyType: string
  readonly roles: RoleNames
  /** The login that owns the conversion. */
  readonly login: string
  /** The host's own table of organizations; null when `organizations` of the control plane is the root. */
  readonly root: AdoptedRoot | null
  /** What the configuration said of the ways to it. */
  readonly organizationFrom: Readonly<Record<string, OrganizationFrom>>
  readonly orphans: 'refuse' | 'default-organization'
  /** Whose the rows are that belong to no other; null when an adopted root leaves none over. */
  readonly defaultOrganization: { readonly id: string; readonly slug: string; readonly name: string } | null
  readonly users: {
    readonly schema: string
    readonly name: string
    readonly id: string
    readonly idType: string
    readonly email: string
  } | null
}

export interface PlannedTable {
  readonly schema: string
  readonly name: string
  readonly class: TableClass
  readonly reason: string
}

export type HazardSeverity = 'notice' | 'warning' | 'blocking'

/** Something of the host's that the conversion cannot decide, or that will behave differently. */
export interface Hazard {
  readonly id: string
  readonly severity: HazardSeverity
  readonly object: string
  readonly message: string
}

/** A conversion, complete and plain: what each table becomes, every step with its inverse, and what to look out for. */
export interface Plan {
  readonly format: 1
  readonly database: string
  readonly serverVersion: number
  readonly settings: PlanSettings
  readonly tables: {
    readonly tenant: readonly PlannedTable[]
    readonly user: readonly PlannedTable[]
    readonly shared: readonly PlannedTable[]
    readonly skipped: readonly PlannedTable[]
  }
  /** With an adopted root: where each tenant table gets its organization from, in the order of the backfill. */
  readonly derivations: readonly Derivation[]
  readonly steps: readonly Step[]
  readonly hazards: readonly Hazard[]
}
