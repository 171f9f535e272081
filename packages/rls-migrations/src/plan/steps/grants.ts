import type { Rule, Table, View } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import {
  hasSchemaUsage,
  hasTablePrivileges,
  isNotGranted,
  isNotGrantedSchema,
  lacksTablePrivileges,
} from '../checks.ts'
import type { Granted, PlanContext } from '../plan-context.ts'
import type { Check, Step } from '../step.ts'
import { takeFromPublic, warnOfTaking } from '../take-from-public.ts'
import { asMemberOf } from './as-member-of.ts'
import { INVOKER_VIEWS } from './views.ts'

const readWrite = ['select', 'insert', 'update', 'delete'] as const

/** TRUNCATE ignores policies; TRIGGER runs code as whoever writes next; REFERENCES opens an oracle; MAINTAIN (17 and later) locks everybody out. */
const dangerousOn = (serverVersion: number): readonly string[] => [
  'truncate',
  'trigger',
  'references',
  ...(serverVersion >= 170000 ? ['maintain'] : []),
]

/** The actions of a rule run with the rights of the relation's owner, so what sets one off is not for the application. */
const governed = (rules: readonly Rule[]): readonly string[] =>
  readWrite.filter((privilege) => !rules.some((rule) => rule.event === privilege && !rule.nothing))

interface GrantTarget {
  readonly relation: QualifiedName & Granted & { readonly owner: string }
  readonly sequences: readonly QualifiedName[]
  readonly app: readonly string[]
  readonly operator: readonly string[]
}

/**
 * What the application and the operator may do with the relation: `own` is a row of the root, which the application may
 * change, while organizations come and go through the operator. The last step of expand, when the wall stands.
 */
export function planTableGrants(context: PlanContext, table: Table, app: 'write' | 'own' | 'read'): Step {
  const allowed: readonly string[] = { write: readWrite, own: ['select', 'update'], read: ['select'] }[app]
  return grantStep(context, {
    relation: table,
    sequences: app === 'write' ? table.sequences : [],
    app: app === 'read' ? allowed : governed(table.rules).filter((privilege) => allowed.includes(privilege)),
    operator: readWrite,
  })
}

export function planViewGrants(context: PlanContext, view: View): Step {
  const step = grantStep(context, { relation: view, sequences: [], app: governed(view.rules), operator: readWrite })
  if (context.catalog.serverVersion >= INVOKER_VIEWS) return step
  // The view belongs to the definer by now.
  const asOwner = (statements: readonly string[]): readonly string[] =>
    asMemberOf(context, context.settings.roles.definer, statements)
  return {
    ...step,
    statements: asOwner(step.statements),
    inverse: step.inverse.map((inverse) => ({ ...inverse, statements: asOwner(inverse.statements) })),
  }
}

function grantStep(context: PlanContext, target: GrantTarget): Step {
  const { app, operator } = context.settings.roles
  const name = displayName(target.relation)
  const relation = quoteName(target.relation)
  const [toApp, toOperator] = [quoteIdentifier(app), quoteIdentifier(operator)]
  const sequences = target.sequences.map(quoteName).join(', ')
  const dangerous = dangerousOn(context.catalog.serverVersion)
  const withheld = [...dangerous, ...readWrite.filter((privilege) => !target.app.includes(privilege))]
  const taking = takeFromPublic(context, target.relation, (privilege) => withheld.includes(privilege))
  warnOfTaking(context, target.relation, taking)
  return {
    id: `expand/${name}/grants`,
    phase: 'expand',
    kind: 'grant',
    table: name,
    summary: `let the application ${target.app.length === 1 ? 'read' : 'use'} ${name}`,
    mode: 'transaction',
    statements: [
      `grant ${target.app.join(', ')} on ${relation} to ${toApp}`,
      `grant ${target.operator.join(', ')} on ${relation} to ${toOperator}`,
      ...(sequences === '' ? [] : [`grant usage on sequence ${sequences} to ${toApp}, ${toOperator}`]),
      ...taking.statements,
    ],
    lock: 'ACCESS SHARE',
    scans: false,
    rewrites: false,
    checks: grantChecks(context, target, dangerous),
    inverse: [
      {
        id: `undo/${name}/grants`,
        stage: 'access',
        summary: `take the application's privileges on ${name} back`,
        mode: 'transaction',
        statements: [
          `revoke all on ${relation} from ${toApp}, ${toOperator}`,
          ...(sequences === '' ? [] : [`revoke all on sequence ${sequences} from ${toApp}, ${toOperator}`]),
          ...taking.inverse,
        ],
        lock: 'ACCESS SHARE',
        scans: false,
        rewrites: false,
        checks: [{ object: `privileges of ${operator} on ${name}`, sql: isNotGranted(operator, target.relation) }],
      },
    ],
  }
}

function grantChecks(context: PlanContext, target: GrantTarget, dangerous: readonly string[]): readonly Check[] {
  const { app, operator } = context.settings.roles
  const name = displayName(target.relation)
  const writes = readWrite.filter((privilege) => !target.app.includes(privilege))
  return [
    { object: `privileges of ${app} on ${name}`, sql: hasTablePrivileges(app, target.relation, target.app) },
    {
      object: `privileges of ${operator} on ${name}`,
      sql: hasTablePrivileges(operator, target.relation, target.operator),
    },
    {
      object: `${dangerous.join(', ').toUpperCase()} withheld from ${app} on ${name}`,
      sql: lacksTablePrivileges(app, target.relation, dangerous),
    },
    ...(writes.length === 0
      ? []
      : [
          {
            object: `${writes.join(', ').toUpperCase()} withheld from ${app} on ${name}`,
            sql: lacksTablePrivileges(app, target.relation, writes),
          },
        ]),
  ]
}

/** USAGE on the schemas of the host: without it no grant inside them counts. */
export function planSchemaGrants(context: PlanContext): readonly Step[] {
  const { app, operator } = context.settings.roles
  const schemas = [...new Set([...context.catalog.tables, ...context.catalog.views].map((relation) => relation.schema))]
  return schemas.map((schema) => {
    const roles = [app, operator].map(quoteIdentifier).join(', ')
    return {
      id: `expand/schema-${schema}/grants`,
      phase: 'expand',
      kind: 'grant',
      table: null,
      summary: `let the application into the schema ${schema}`,
      mode: 'transaction',
      statements: [`grant usage on schema ${quoteIdentifier(schema)} to ${roles}`],
      lock: 'none',
      scans: false,
      rewrites: false,
      checks: [
        {
          object: `usage of schema ${schema}`,
          sql: `${hasSchemaUsage(app, schema)} and ${hasSchemaUsage(operator, schema)}`,
        },
      ],
      inverse: [
        {
          id: `undo/schema-${schema}/grants`,
          stage: 'access',
          summary: `take the application out of the schema ${schema}`,
          mode: 'transaction',
          statements: [`revoke all on schema ${quoteIdentifier(schema)} from ${roles}`],
          lock: 'none',
          scans: false,
          rewrites: false,
          checks: [
            {
              object: `usage of schema ${schema}`,
              sql: `${isNotGrantedSchema(app, schema)} and ${isNotGrantedSchema(operator, schema)}`,
            },
          ],
        },
      ],
    } as const
  })
}
