import type { Session } from '../database/session.ts'
import type { Plan, RoleNames } from '../plan/plan.ts'
import { hasReached, type Phase } from '../plan/step.ts'
import { displayName } from '../sql/identifier.ts'
import { catalogRules } from '../verify/catalog-rules.ts'
import { objectProbes } from '../verify/objects/object-probes.ts'
import { sessionProbes } from '../verify/sessions/session-probes.ts'
import { tableProbes } from '../verify/table-probes.ts'
import type { MutationsReport, VerifyReport } from '../verify/verify-report.ts'

/** The version of the document: it grows when a member changes its meaning or goes. */
export const reportSchemaVersion = 1

/** What no run of `verify` looks at, whatever the database is. */
export const generalLimits: readonly string[] = [
  'What the service itself leaves on a connection: a cursor WITH HOLD, a session SET, an advisory lock. The pool of @partywall/tenancy-core refuses them.',
  'Time: how long a statement takes may tell that a row exists.',
  'Other databases of the server, and what reads past SQL: backups, replication, the files of the server.',
  'The service: whether it lets a caller act for an organization is for its own tests.',
]

const withoutLogin =
  'The connections of the application: no login was given (--app-url), and the attacks ran as its role by SET ROLE.'

/** What was proved of a database, how, and what was not. Plain data, dated; it is signed apart. */
export interface IsolationReport {
  readonly schemaVersion: typeof reportSchemaVersion
  /** UTC, as ISO 8601. */
  readonly issuedAt: string
  readonly tool: { readonly name: 'partywall'; readonly version: string | null }
  readonly database: {
    readonly name: string
    /** What tells this cluster from every other; null where the login may not ask. */
    readonly systemIdentifier: string | null
    /** As people write it: `18.4`. */
    readonly serverVersion: string
  }
  readonly conversion: {
    readonly phase: Phase
    /** SHA-256 of the frozen plan, which names every object that must be there. */
    readonly planHash: string
    readonly seal: VerifyReport['seal']
    readonly roles: RoleNames
  }
  /** Through a login of the application, or by SET ROLE, which attacks no connections. */
  readonly attackedAs: 'login' | 'set-role'
  /** Nothing crossed, nothing is missing, and no sabotage that was tried went unnoticed. */
  readonly isolated: boolean
  readonly tables: VerifyReport['tables']
  readonly probes: VerifyReport['probes']
  readonly attacked: VerifyReport['attacked']
  /** The attacks on records of the control plane, sequences and large objects, by name. */
  readonly objects: VerifyReport['objects']
  /** The attacks on connections, by name; none without a login. */
  readonly sessions: VerifyReport['sessions']
  /** Every attack that ran, by name, and what each promises. */
  readonly methods: readonly { readonly name: string; readonly promise: string }[]
  readonly surfaces: { readonly total: number; readonly compared: number }
  /** Whom the rules judged. */
  readonly roles: VerifyReport['roles']
  /** What was asked of the catalog beside the objects of the plan, by name, and what each promises. */
  readonly rules: readonly { readonly name: string; readonly promise: string }[]
  readonly crossings: VerifyReport['crossings']
  /** Null when nothing was sabotaged: the proof itself was not put to the test. */
  readonly mutations: MutationsReport | null
  readonly notCovered: {
    readonly tables: VerifyReport['staticOnly']
    readonly surfaces: VerifyReport['surfaces']['staticOnly']
    /** Tables that every organization reads, by design. */
    readonly shared: readonly string[]
    /** Tables that the conversion left alone, and why. */
    readonly skipped: VerifyReport['staticOnly']
    readonly general: readonly string[]
  }
}

/** Where a proof was made. */
export interface DatabaseIdentity {
  readonly name: string
  readonly systemIdentifier: string | null
}

export async function readDatabaseIdentity(session: Session): Promise<DatabaseIdentity> {
  const { rows } = await session.query<{ name: string; asks: boolean }>(
    `select current_database() as name, has_function_privilege('pg_catalog.pg_control_system()', 'execute') as asks`,
  )
  const [row] = rows
  const name = row?.name ?? ''
  if (row?.asks !== true) return { name, systemIdentifier: null }
  const control = await session.query<{ id: string }>('select system_identifier::text as id from pg_control_system()')
  return { name, systemIdentifier: control.rows[0]?.id ?? null }
}

/** Everything that goes into a report. */
export interface ReportFacts {
  readonly proof: VerifyReport
  readonly plan: Plan
  readonly planHash: string
  readonly database: DatabaseIdentity
  readonly toolVersion: string | undefined
  /** Whether a login of the application was given. */
  readonly hasAppLogin: boolean
  readonly issuedAt: Date
}

/** Says what a proof showed, and no more than that. */
export function isolationReport(facts: ReportFacts): IsolationReport {
  const { proof, plan } = facts
  const { mutations, surfaces } = proof
  return {
    schemaVersion: reportSchemaVersion,
    issuedAt: facts.issuedAt.toISOString(),
    tool: { name: 'partywall', version: facts.toolVersion ?? null },
    database: { ...facts.database, serverVersion: serverVersionText(proof.serverVersion) },
    conversion: { phase: proof.phase, planHash: facts.planHash, seal: proof.seal, roles: plan.settings.roles },
    attackedAs: facts.hasAppLogin ? 'login' : 'set-role',
    isolated: proof.ok && mutations.survivors.length === 0,
    tables: proof.tables,
    probes: proof.probes,
    attacked: proof.attacked,
    objects: proof.objects,
    sessions: proof.sessions,
    methods: methodsOf(proof),
    surfaces: { total: surfaces.total, compared: surfaces.compared },
    roles: proof.roles,
    rules: catalogRules
      .filter((rule) => hasReached(proof.phase, rule.since ?? 'expand'))
      .map(({ name, promise }) => ({ name, promise })),
    crossings: proof.crossings,
    mutations: mutations.run + mutations.notRun.length > 0 ? mutations : null,
    notCovered: {
      tables: proof.staticOnly,
      surfaces: surfaces.staticOnly,
      shared: plan.tables.shared.map(displayName),
      skipped: plan.tables.skipped.map((table) => ({ table: displayName(table), reason: table.reason })),
      general: facts.hasAppLogin ? generalLimits : [withoutLogin, ...generalLimits],
    },
  }
}

/** The attacks that ran, in the order of the probes. */
function methodsOf({ attacked, objects, sessions }: VerifyReport): IsolationReport['methods'] {
  const ran = new Set([...attacked.flatMap((one) => one.probes), ...objects, ...sessions].map((one) => one.probe))
  return [...tableProbes, ...objectProbes, ...sessionProbes]
    .filter(({ name }) => ran.has(name))
    .map(({ name, promise }) => ({ name, promise }))
}

/** 180004 is 18.4. */
function serverVersionText(version: number): string {
  return `${Math.floor(version / 10_000)}.${version % 10_000}`
}
