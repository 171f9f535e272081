import * as z from 'zod'
import { TenancyError, sqlStateOf } from '@partywall/tenancy-core'
import type { RunStatement } from '@partywall/tenancy-core'
import type { RoleDefinition } from './administration.ts'
import { roleSchema } from './member.ts'
import { parseInput } from './parse-input.ts'

const builtIn: ReadonlyMap<string, number> = new Map([
  ['admin', 75],
  ['member', 50],
  ['viewer', 25],
])

const rule = /^!?([a-z][a-z0-9_-]*|\*):([a-z][a-z0-9_-]*|\*)$/
const definitionSchema = z
  .strictObject({
    name: roleSchema,
    rank: z.number().int().min(1).max(99),
    permissions: z
      .array(z.string().max(200).regex(rule, 'Expected resource:action, with * for any and ! for not'))
      .max(200),
  })
  .refine(({ name }) => name !== 'owner', 'An owner may do everything')
  .refine(({ name, rank }) => (builtIn.get(name) ?? rank) === rank, 'The rank of a built-in role stays')

export function listRoles(run: RunStatement, control: string): Promise<readonly RoleDefinition[]> {
  return run<RoleDefinition>(`select name, rank, permissions from ${control}.roles order by rank desc, name`, [])
}

/** @throws {TenancyError} `ROLE_INVALID` */
export async function defineRole(run: RunStatement, role: RoleDefinition, control: string): Promise<void> {
  const { name, rank, permissions } = parseInput(definitionSchema, role, 'ROLE_INVALID')
  await run(
    `insert into ${control}.roles (name, rank, permissions) values ($1::text, $2::integer, $3::text[])
     on conflict (name) do update set rank = excluded.rank, permissions = excluded.permissions`,
    [name, rank, permissions],
  )
}

/** @throws {TenancyError} `ROLE_INVALID`, `ROLE_UNKNOWN`, or `ROLE_IN_USE` */
export async function removeRole(run: RunStatement, name: string, control: string): Promise<void> {
  if (name === 'owner' || builtIn.has(name)) {
    throw new TenancyError('ROLE_INVALID', `The role "${name}" is built in, and stays.`, { details: { role: name } })
  }
  const sql = `delete from ${control}.roles where name = $1::text returning name`
  const rows = await run(sql, [name]).catch((error: unknown) => {
    if (sqlStateOf(error) !== '23503') throw error
    const message = `Members have the role "${name}". Give them another first.`
    throw new TenancyError('ROLE_IN_USE', message, { details: { role: name }, cause: error })
  })
  if (rows.length > 0) return
  throw new TenancyError('ROLE_UNKNOWN', `There is no role "${name}".`, { details: { role: name } })
}
