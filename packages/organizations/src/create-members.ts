import * as z from 'zod'
import type { WriteOptions } from '@partywall/tenancy-core'
import type { ControlPlane } from './control-plane.ts'
import { roleSchema, userIdSchema } from './member.ts'
import { explained } from './explain-refusal.ts'
import type { Member } from './member.ts'
import type { MemberPage, Members } from './members.ts'
import { parseInput } from './parse-input.ts'
import { actorOf, asOperator, operatorRunner, writeControlPlane } from './write-control-plane.ts'
import type { ControlPlaneWrite, MemberWriteOptions } from './write-control-plane.ts'

const userSchema = z.strictObject({ userId: userIdSchema })
const roleOfUserSchema = z.strictObject({ userId: userIdSchema, role: roleSchema })
const transferSchema = z.strictObject({ userId: userIdSchema, formerRole: roleSchema.default('admin') })
const pageSchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).default(100),
  after: userIdSchema.optional(),
  role: roleSchema.optional(),
  status: z.enum(['active', 'suspended', 'pending']).optional(),
})
const written = 'member_role as "role", member_status as "status", member_since as "createdAt"'

type Written = Omit<Member, 'userId'>

/** The members of organizations, over the functions of the control plane. */
export function createMembers(plane: ControlPlane): Members {
  return {
    members: (page) => listMembers(plane, page),
    addMember: (member, options) => addMember(plane, member, options),
    changeRole: (change, options) => changeRole(plane, change, options),
    suspendMember: (member, options) => changeStatus(plane, { member, status: 'suspended' }, options),
    reactivateMember: (member, options) => changeStatus(plane, { member, status: 'active' }, options),
    removeMember: (member, options) => removeMember(plane, member, options),
    leave: (options) => leave(plane, options),
    transferOwnership: (to, options) => transferOwnership(plane, to, options),
  }
}

async function listMembers({ tenancy, control }: ControlPlane, page: MemberPage = {}): Promise<readonly Member[]> {
  // In an operator scope the statement would list the members of every organization.
  tenancy.requireTenant()
  const { limit, after, role, status } = parseInput(pageSchema, page, 'MEMBER_INVALID')
  // No OR and no COALESCE around the place to begin at: row-level security takes those for leaky, and reads what comes before.
  const { rows } = await tenancy.pool.query<Member>(
    `select user_id as "userId", role, status, created_at as "createdAt" from ${control}.memberships
     where user_id > $1::text and ($3::text is null or role = $3) and ($4::text is null or status = $4)
     order by user_id limit $2`,
    [after ?? '', limit, role ?? null, status ?? null],
  )
  return rows
}

async function addMember(plane: ControlPlane, member: unknown, options: MemberWriteOptions = {}): Promise<Member> {
  const { userId, role } = parseInput(roleOfUserSchema, member, 'MEMBER_INVALID')
  const asked = { userId, role }
  const sql = `select ${written} from ${plane.control}.add_member($1::text, $2::text, $3::text, $4::text)`
  const inOperatorScope = operatorRunner(plane, options)
  if (inOperatorScope !== undefined) {
    const values = [options.organizationId, null, userId, role]
    return memberOf(userId, await explained(asked, () => inOperatorScope<Written>(sql, values)))
  }
  const { organizationId } = plane.tenancy.requireTenant()
  const actor = actorOf(plane, ['user', 'system'])
  const values = [organizationId, actor.type === 'user' ? actor.id : null, userId, role]
  const work = { reason: 'add a member', actor, asked, options }
  return memberOf(userId, await asOperator(plane, work, (run) => run<Written>(sql, values)))
}

async function changeRole(plane: ControlPlane, change: unknown, options: MemberWriteOptions = {}): Promise<Member> {
  const { userId, role } = parseInput(roleOfUserSchema, change, 'MEMBER_INVALID')
  const write: ControlPlaneWrite = {
    reason: 'change the role of a member',
    forUser: `select ${written} from ${plane.control}.change_member_role($1::text, $2::text, $3::text)`,
    forSystem: `select ${written} from ${plane.control}.change_member($1::text, null, $2::text, $3::text, null)`,
    values: [userId, role],
    asked: { userId, role },
  }
  return memberOf(userId, await writeControlPlane<Written>(plane, write, options))
}

async function changeStatus(
  plane: ControlPlane,
  { member, status }: { member: unknown; status: 'active' | 'suspended' },
  options: MemberWriteOptions = {},
): Promise<Member> {
  const { userId } = parseInput(userSchema, member, 'MEMBER_INVALID')
  const write: ControlPlaneWrite = {
    reason: status === 'active' ? 'reactivate a member' : 'suspend a member',
    forUser: `select ${written} from ${plane.control}.change_member_status($1::text, $2::text, $3::text)`,
    forSystem: `select ${written} from ${plane.control}.change_member($1::text, null, $2::text, null, $3::text)`,
    values: [userId, status],
    asked: { userId },
  }
  return memberOf(userId, await writeControlPlane<Written>(plane, write, options))
}

async function removeMember(plane: ControlPlane, member: unknown, options: MemberWriteOptions = {}): Promise<void> {
  const { userId } = parseInput(userSchema, member, 'MEMBER_INVALID')
  const write: ControlPlaneWrite = {
    reason: 'remove a member',
    forUser: `select ${plane.control}.remove_member($1::text, $2::text) as "role"`,
    forSystem: `select ${plane.control}.drop_member($1::text, null, $2::text) as "role"`,
    values: [userId],
    asked: { userId },
  }
  await writeControlPlane(plane, write, options)
}

async function leave(plane: ControlPlane, options: WriteOptions = {}): Promise<void> {
  const sql = `select ${plane.control}.leave_organization($1::text) as "role"`
  await writeControlPlane(plane, { reason: 'leave', forUser: sql, values: [], asked: {} }, options)
}

async function transferOwnership(plane: ControlPlane, to: unknown, options: WriteOptions = {}): Promise<void> {
  const { userId, formerRole } = parseInput(transferSchema, to, 'MEMBER_INVALID')
  const write: ControlPlaneWrite = {
    reason: 'transfer the ownership',
    forUser: `select ${plane.control}.transfer_ownership($1::text, $2::text, $3::text) as "role"`,
    values: [userId, formerRole],
    asked: { userId, formerRole },
  }
  await writeControlPlane(plane, write, options)
}

function memberOf(userId: string, [row]: readonly Written[]): Member {
  return { userId, ...(row as Written) }
}
