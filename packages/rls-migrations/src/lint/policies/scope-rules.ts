import type { RuleFinding } from '../../verify/catalog-rule.ts'
import {
  argumentsOf,
  childrenOf,
  constantOf,
  isRelation,
  nodesOf,
  ownColumns,
  wordOf,
  type Expression,
} from './expression.ts'
import type { PolicyFacts, PolicyWorld, WalledAccess } from './policy-facts.ts'
import { eachPolicy, type PolicyRule } from './policy-rule.ts'
import { binds, isDatabaseRole, mentionsContext } from './tenant-binding.ts'

const words = { r: 'SELECT', a: 'INSERT', w: 'UPDATE', d: 'DELETE' } as const

type Command = keyof typeof words

/** Whether a policy holds a command to the organization. What is written is asked of WITH CHECK, and of USING without one. */
function holds(policy: PolicyFacts, command: Command, world: PolicyWorld): boolean {
  const { using, check } = policy
  const written = (command === 'a' || command === 'w') && binds(check ?? using, policy, world)
  if (command === 'a') return written
  return binds(using, policy, world) && (command !== 'w' || written)
}

/** Every permissive policy lets rows in by itself; one restrictive policy holds all of them. */
function isOpen({ relationId, role }: WalledAccess, command: Command, world: PolicyWorld): boolean {
  const roles = world.rolesOf.get(role) ?? []
  const applies = (world.ofTable.get(relationId) ?? []).filter(
    (one) => (one.command === '*' || one.command === command) && one.roles.some((name) => roles.includes(name)),
  )
  const permissive = applies.filter((one) => one.permissive)
  return (
    permissive.length > 0 &&
    !permissive.every((one) => holds(one, command, world)) &&
    !applies.some((one) => !one.permissive && holds(one, command, world))
  )
}

/** The sum of all policies of a table, for each thing that the application may do with it. */
export const commandWithoutWall: PolicyRule = {
  name: 'command-without-wall',
  promise: 'whatever the application may do with a table, policies hold it to one organization',
  risk: 'The command reaches the rows of all organizations.',
  remedy: 'Make a restrictive policy for all commands that compares the tenant column with the context.',
  severity: 'error',
  judge: (world) =>
    world.access.flatMap((access): readonly RuleFinding[] => {
      const open = access.commands.filter((command) => isOpen(access, command, world)).map((command) => words[command])
      if (open.length === 0) return []
      return [
        {
          table: access.table,
          object: `wall of ${access.table} for ${access.role}`,
          detail: `no policy holds ${open.join(', ')} of ${access.role} to one organization`,
        },
      ]
    }),
}

export const policyOtherColumn: PolicyRule = eachPolicy(
  {
    name: 'policy-other-column',
    promise: 'the context is compared with the tenant column',
    risk: 'The policy isolates by the wrong column: rows of others are let in whose value happens to be the same.',
    remedy: 'Compare the tenant column.',
    severity: 'error',
  },
  (policy, world) => {
    const { tenant, using, check } = policy
    if (tenant === null || policy.class === 'user') return undefined
    const others = [using, check]
      .filter((one): one is Expression => one !== null && !binds(one, policy, world))
      .flatMap(({ tree }) => nodesOf(tree))
      .filter(({ node }) => node.tag === 'OPEXPR' && world.operators.get(wordOf(node, 'opno')) === '=')
      .filter(({ node }) => namesTenant(node, world))
      .flatMap(({ node, depth }) => ownColumns(node, depth))
      .filter((column) => column !== tenant)
    const [other] = others
    return other === undefined
      ? undefined
      : {
          detail: `it compares ${policy.columns[String(other)] ?? 'another column'} with the organization of the context`,
        }
  },
)

/** Whether it reads the very setting of the tenant, or calls an accessor: a service may keep other things in its session. */
function namesTenant(node: Parameters<typeof nodesOf>[0], { functions, context }: PolicyWorld): boolean {
  const { controlSchema, setting } = context.settings
  return nodesOf(node).some(({ node: inner }) => {
    const called = functions.get(wordOf(inner, 'funcid'))
    if (called === undefined) return false
    if (called.schema === controlSchema) return called.name.endsWith('_tenant_id')
    return (
      called.schema === 'pg_catalog' &&
      called.name === 'current_setting' &&
      argumentsOf(inner).some((one) => textOf(one) === setting)
    )
  })
}

/** A text constant: its length comes first, in four bytes. */
function textOf(node: Parameters<typeof nodesOf>[0]): string | undefined {
  if (node.tag !== 'CONST') return undefined
  const bytes = (node.fields['constvalue'] ?? []).flatMap((one) => (typeof one === 'string' ? [one] : []))
  const from = bytes.indexOf('[')
  const values = bytes.slice(from + 5, -1).map((one) => (Number(one) + 256) % 256)
  return from < 0 ? undefined : Buffer.from(values).toString('utf8')
}

export const policyByDatabaseRole: PolicyRule = eachPolicy(
  {
    name: 'policy-by-database-role',
    promise: 'rows go by the organization of the context, and not by the role of the connection',
    risk: 'A pool is one role for all organizations: the policy is the same for each of them.',
    remedy:
      'Compare the tenant column with the context. With a role for each organization the finding belongs in the baseline.',
    severity: 'warning',
  },
  ({ using, check }) => {
    const found = [using, check].some(
      (one) =>
        one !== null &&
        nodesOf(one.tree).some(
          ({ node, depth }) =>
            node.tag === 'OPEXPR' &&
            ownColumns(node, depth).length > 0 &&
            nodesOf(node).some(({ node: inner }) => isDatabaseRole(inner)),
        ),
    )
    return found ? { detail: 'it compares a column with the role of the connection' } : undefined
  },
)

export const policyWithoutRow: PolicyRule = eachPolicy(
  {
    name: 'policy-without-row',
    promise: 'a policy asks something of the row',
    risk: 'It says who may come in, and not to which rows: everybody who may sees all of them.',
    remedy: 'Compare the tenant column with the context.',
    severity: 'warning',
  },
  (policy, world) => {
    const { using, check, permissive } = policy
    const expression = using ?? check
    if (!permissive || expression === null || constantOf(expression.tree) !== undefined) return undefined
    return ownColumns(expression.tree).length === 0 && mentionsContext(expression.tree, world)
      ? { detail: 'it looks at no column of the row' }
      : undefined
  },
)

export const policyReadsWritable: PolicyRule = eachPolicy(
  {
    name: 'policy-reads-writable',
    promise: 'what a policy trusts, the application cannot write',
    risk: 'Whoever writes a row into the other table lets itself in.',
    remedy: 'Revoke the privilege to write, or have the rows written by a function that checks.',
    severity: 'warning',
  },
  (policy, world) => {
    const read = [policy.using, policy.check]
      .filter((one): one is Expression => one !== null)
      .flatMap(({ tree }) => nodesOf(tree))
      .filter(({ node }) => isRelation(node))
      .flatMap(({ node }) => [node, ...childrenOf(node)])
      .map((node) => wordOf(node, 'relid'))
      .find((id) => id !== policy.relationId && world.writable.has(id))
    return read === undefined ? undefined : { detail: `it reads ${world.writable.get(read) ?? ''}` }
  },
)
