import { quoteIdentifier, quoteLiteral } from '../sql/identifier.ts'
import { functionOwnerIs, mayExecute, not, policyIs, rowSecurityIs, triggerIs } from './checks.ts'
import { functionChecks } from './function-checks.ts'
import type { PlanSettings } from './plan.ts'
import type { Check, Step } from './step.ts'

/** An adopted root drops it, see `adopted-root.ts`: many organizations exist there from the beginning. */
const droppedByRoot = 'refuse_early_organization'

/**
 * The facts that a file of `migrations/` leaves, read from its text: tables with their row-level security and policies,
 * functions word for word with their owners and who may call them, triggers. What the file says is what is checked, so
 * that nothing in it is left out of `verify`.
 */
export function migrationChecks(sql: string, settings: PlanSettings): readonly Check[] {
  return [
    ...functionChecks(sql),
    ...ownerChecks(sql),
    ...executeChecks(sql),
    ...tableChecks(sql),
    ...policyChecks(sql, settings),
    ...triggerChecks(sql).filter(({ object }) => settings.root === null || !object.includes(droppedByRoot)),
  ]
}

const unquoted = (name: string): string => name.replaceAll('"', '')

/**
 * Leaves each function to the last migration that writes it: what an earlier one said of its text is true no more. The
 * order is that of the ids, since an increment puts new steps in front of old ones.
 */
export function withoutReplaced(steps: readonly Step[]): readonly Step[] {
  const lastWriter = new Map<string, string>()
  for (const { id, kind, checks } of steps) {
    for (const { object } of kind === 'migration' ? checks : []) {
      if (object.startsWith('function ') && (lastWriter.get(object) ?? '') < id) lastWriter.set(object, id)
    }
  }
  return steps.map((step) => {
    if (step.kind !== 'migration') return step
    const checks = step.checks.filter(({ object }) => (lastWriter.get(object) ?? step.id) === step.id)
    return checks.length === step.checks.length ? step : { ...step, checks }
  })
}

function ownerChecks(sql: string): readonly Check[] {
  return [...sql.matchAll(/alter function ("[^"]+"\.\w+\([^)]*\)) owner to ("[^"]+")/g)].map(
    ([, signature = '', role = '']) => ({
      object: `owner of ${unquoted(signature)}`,
      sql: functionOwnerIs(signature, unquoted(role)),
    }),
  )
}

function executeChecks(sql: string): readonly Check[] {
  const revoked = [...sql.matchAll(/revoke all on function ("[^"]+"\.\w+\([^)]*\)) from public/g)].map(
    ([, signature = '']) => ({
      object: `privilege of public on ${unquoted(signature)}`,
      sql: not(mayExecute('public', signature)),
    }),
  )
  const granted = [...sql.matchAll(/grant execute on function ("[^"]+"\.\w+\([^)]*\)) to ([^;]+);/g)].flatMap(
    ([, signature = '', roles = '']) =>
      roles.split(',').map((role) => ({
        object: `privilege of ${unquoted(role.trim())} on ${unquoted(signature)}`,
        sql: mayExecute(unquoted(role.trim()), signature),
      })),
  )
  return [...revoked, ...granted]
}

function tableChecks(sql: string): readonly Check[] {
  const created = [...sql.matchAll(/create table ("[^"]+")\.(\w+)/g)].map(([, schema = '', name = '']) => ({
    object: `table ${unquoted(schema)}.${name}`,
    sql: `to_regclass(${quoteLiteral(`${schema}.${name}`)}) is not null`,
  }))
  const walled = [...sql.matchAll(/alter table ("[^"]+")\.(\w+) enable row level security/g)].map(
    ([, schema = '', name = '']) => ({
      object: `row-level security on ${unquoted(schema)}.${name}`,
      sql: rowSecurityIs({ schema: unquoted(schema), name }, true),
    }),
  )
  return [...created, ...walled]
}

const policy =
  /create policy (\w+) on ("[^"]+")\.(\w+)\s+as (permissive|restrictive) for all to ("[^"]+")\s+using \((true|(\w+) = [^\n]*)\)\s+with check/g

function policyChecks(sql: string, settings: PlanSettings): readonly Check[] {
  return [...sql.matchAll(policy)].map(([, name = '', schema = '', table = '', kind, role = '', , column]) => {
    const accessor = `( SELECT ${unquoted(schema)}.require_tenant_id() AS require_tenant_id)`
    return {
      object: `policy ${name} on ${unquoted(schema)}.${table}`,
      sql: policyIs({ schema: unquoted(schema), name: table }, name, {
        permissive: kind === 'permissive',
        roles: [unquoted(role)],
        expression: column === undefined ? 'true' : `(${column} = ${accessor})`,
        castsVary: settings.root !== null,
      }),
    }
  })
}

const trigger = /create trigger (\w+)\s[^;]*?\son ("[^"]+")\.(\w+)\s[^;]*?execute function ("[^"]+")\.(\w+)\(/g

function triggerChecks(sql: string): readonly Check[] {
  return [...sql.matchAll(trigger)].map(([, name = '', schema = '', table = '', home = '', routine = '']) => ({
    object: `trigger ${name} on ${unquoted(schema)}.${table}`,
    sql: triggerIs({ schema: unquoted(schema), name: table }, name, { schema: unquoted(home), name: routine }),
  }))
}

/**
 * True when nothing of the file is there any more: its first table is gone, or its first function. Of a file that only
 * replaces functions, when the first one says something else.
 */
export function migrationIsGone(sql: string): string {
  const schema = /create schema ("[^"]+")/.exec(sql)?.[1]
  if (schema !== undefined) return `to_regnamespace(${quoteLiteral(schema)}) is null`
  const table = /create table ("[^"]+"\.\w+)/.exec(sql)?.[1]
  if (table !== undefined) return `to_regclass(${quoteLiteral(table)}) is null`
  const [replaced] = sql.includes('create function') ? [] : functionChecks(sql)
  if (replaced !== undefined) return not(replaced.sql)
  const routine = /create function ("[^"]+")\.(\w+)\(/.exec(sql)
  const [, home = '', name = ''] = routine ?? []
  return `not exists (select from pg_proc p where p.pronamespace = to_regnamespace(${quoteLiteral(home)}) and p.proname = ${quoteLiteral(name)})`
}

/** What the application is granted on each table of the control plane, `table privilege`. */
export function grantsOnControlPlane(sql: string, role: string): readonly string[] {
  const grantee = quoteIdentifier(role)
  return [...sql.matchAll(/grant ([a-z, ]+) on "[^"]+"\.(\w+) to ([^;]+);/g)]
    .filter(([, , , roles = '']) => roles.split(',').some((one) => one.trim() === grantee))
    .flatMap(([, privileges = '', table = '']) =>
      privileges.split(',').map((privilege) => `${table} ${privilege.trim().toUpperCase()}`),
    )
}
