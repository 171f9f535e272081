import type { Grant, Table, View } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import {
  hasSchemaUsage,
  hasTablePrivileges,
  isNotGranted,
  isNotGrantedSchema,
  lacksTablePrivileges,
} from '../checks.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Check, Step } from '../step.ts'
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

interface GrantTarget {
  readonly relation: QualifiedName & { readonly grants: readonly Grant[] }
  readonly sequences: readonly QualifiedName[]
  readonly app: readonly string[]
  readonly operator: readonly string[]
}

/** What the application and the operator may do with the relation; the last step of expand, when the wall stands. */
export function planTableGrants(context: PlanContext, table: Table, app: 'write' | 'read'): Step {
  return grantStep(context, {
    relation: table,
    sequences: app === 'write' ? table.sequences : [],
    app: app === 'write' ? readWrite : ['select'],
    operator: readWrite,
  })
}

export function planViewGrants(context: PlanContext, view: View): Step {
  const step = grantStep(context, { relation: view, sequences: [], app: readWrite, operator: readWrite })
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
  const open =
    target.relation.grants.find((grant) => grant.role === 'public')?.privileges.map((one) => one.toLowerCase()) ?? []
  const dangerous = dangerousOn(context.catalog.serverVersion)
  const openDangers = dangerous.filter((privilege) => open.includes(privilege)).join(', ')
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
      ...(openDangers === '' ? [] : [`revoke ${openDangers} on ${relation} from public`]),
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
          ...(openDangers === '' ? [] : [`grant ${openDangers} on ${relation} to public`]),
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
    ...(target.app.length === 1
      ? [
          {
            object: `writes withheld from ${app} on ${name}`,
            sql: lacksTablePrivileges(app, target.relation, ['insert', 'update', 'delete']),
          },
        ]
      : []),
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
