import * as z from 'zod'
import { TenancyError, inTransaction } from '@partywall/tenancy-core'
import type { RunStatement, WriteOptions } from '@partywall/tenancy-core'
import type { ControlPlane } from './control-plane.ts'
import { emailSchema } from './email-address.ts'
import { explained } from './explain-refusal.ts'
import type {
  AcceptedInvitation,
  Invitation,
  InvitationAcceptance,
  InvitationMailer,
  InvitationPage,
  InvitationPreview,
  Invitations,
  IssuedInvitation,
  NewInvitation,
} from './invitations.ts'
import { roleSchema, userIdSchema } from './member.ts'
import { parseInput } from './parse-input.ts'
import { digestOf, randomText, secretLength } from './token.ts'
import { writeControlPlane } from './write-control-plane.ts'
import type { MemberWriteOptions } from './write-control-plane.ts'

const idSchema = z.uuid()
const nil = '00000000-0000-0000-0000-000000000000'
const lifetimeSchema = z
  .number()
  .int()
  .min(60)
  .max(90 * 86_400)
  .default(7 * 86_400)
const newSchema = z.strictObject({ email: emailSchema, role: roleSchema, expiresInSeconds: lifetimeSchema })
const resentSchema = z.strictObject({ id: idSchema, expiresInSeconds: lifetimeSchema })
const revokedSchema = z.strictObject({ id: idSchema })
const pageSchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).default(100),
  after: idSchema.optional(),
})
const acceptanceSchema = z.strictObject({
  token: z.string().max(1000),
  userId: userIdSchema,
  email: z.union([z.literal('any'), emailSchema]),
})

/** Where invitations are kept, and who sends their messages. */
export interface InvitationPlane extends ControlPlane {
  readonly mailer: InvitationMailer | undefined
}

type Stored = Omit<IssuedInvitation, 'delivery' | 'token'>

/** The invitations of organizations, over the functions of the control plane. */
export function createInvitations(plane: InvitationPlane): Invitations {
  return {
    invite: (invitation, options) => invite(plane, invitation, options),
    resendInvitation: (invitation, options) => resend(plane, invitation, options),
    revokeInvitation: (invitation, options) => revoke(plane, invitation, options),
    invitations: (page) => list(plane, page),
    findInvitation: (token) => find(plane, token),
    acceptInvitation: (acceptance, options) => accept(plane, acceptance, options),
  }
}

async function invite(
  plane: InvitationPlane,
  given: NewInvitation,
  options: MemberWriteOptions = {},
): Promise<IssuedInvitation> {
  const { email, role, expiresInSeconds } = parseInput(newSchema, given, 'INVITATION_INVALID')
  const token = randomText(secretLength)
  const columns = 'invitation_id::text as "id", expires as "expiresAt"'
  const values = '$2::text, $3::text, $4::bytea, $5::integer'
  const [row] = await writeControlPlane<Pick<Stored, 'id' | 'expiresAt'>>(
    plane,
    {
      reason: 'invite a member',
      forUser: `select ${columns} from ${plane.control}.invite_member($1::text, ${values})`,
      forSystem: `select ${columns} from ${plane.control}.add_invitation($1::text, null, ${values})`,
      values: [email, role, digestOf(token), expiresInSeconds],
      asked: { role },
    },
    options,
  )
  if (row === undefined) throw unknown()
  return await deliver(plane, { ...row, email, role }, { token, options })
}

async function resend(
  plane: InvitationPlane,
  given: unknown,
  options: MemberWriteOptions = {},
): Promise<IssuedInvitation> {
  const { id, expiresInSeconds } = parseInput(resentSchema, given, 'INVITATION_INVALID')
  const token = randomText(secretLength)
  const columns = 'address as "email", invited_role as "role", expires as "expiresAt"'
  const values = '$1::text, $2::uuid, $3::bytea, $4::integer'
  const [row] = await writeControlPlane<Omit<Stored, 'id'>>(
    plane,
    {
      reason: 'resend an invitation',
      forUser: `select ${columns} from ${plane.control}.resend_invitation(${values})`,
      forSystem: `select ${columns} from ${plane.control}.resend_as_operator(${values})`,
      values: [id, digestOf(token), expiresInSeconds],
      asked: { id },
    },
    options,
  )
  if (row === undefined) throw unknown()
  return await deliver(plane, { id, ...row }, { token, options })
}

/**
 * After the commit, so that no message speaks of what was rolled back. The token is in no event and no queue: a message that
 * is lost is made good by another token, not by one that was written down.
 */
async function deliver(
  { mailer, tenancy }: InvitationPlane,
  stored: Stored,
  { token, options }: { readonly token: string; readonly options: WriteOptions },
): Promise<IssuedInvitation> {
  if (mailer === undefined || options.transaction !== undefined) return { ...stored, delivery: 'yours', token }
  const { organizationId, actor } = tenancy.requireTenant()
  const invitedBy = actor?.type === 'user' ? actor.id : null
  const { id: invitationId, ...shown } = stored
  try {
    await mailer.send({ organizationId, invitationId, ...shown, token, invitedBy })
    return { ...stored, delivery: 'sent' }
  } catch {
    return { ...stored, delivery: 'failed' }
  }
}

async function revoke(plane: ControlPlane, given: unknown, options: MemberWriteOptions = {}): Promise<void> {
  const { id } = parseInput(revokedSchema, given, 'INVITATION_INVALID')
  const forUser = `select ${plane.control}.revoke_invitation($1::text, $2::uuid) as "role"`
  const forSystem = `select ${plane.control}.revoke_as_operator($1::text, $2::uuid) as "role"`
  const write = { reason: 'revoke an invitation', forUser, forSystem, values: [id], asked: { id } }
  await writeControlPlane(plane, write, options)
}

async function list({ tenancy, control }: ControlPlane, page: InvitationPage = {}): Promise<readonly Invitation[]> {
  // In an operator scope the statement would list the invitations of every organization.
  tenancy.requireTenant()
  const { limit, after } = parseInput(pageSchema, page, 'INVITATION_INVALID')
  // Without OR, as of members, and in the order of the index: `id` alone would be the text. After one that is not there is nothing.
  const sql = `
    select id::text as "id", email, role, invited_by as "invitedBy", accepted_by as "acceptedBy",
      case when status = 'pending' and expires_at <= pg_catalog.now() then 'expired' else status end as "status",
      expires_at as "expiresAt", created_at as "createdAt"
    from ${control}.invitations o
    where (o.email, o.id) > (
      select i.email, i.id from ${control}.invitations i where i.id = $1::uuid
      union all select '', '${nil}'::uuid where $1::uuid is null)
    order by o.email, o.id limit $2`
  const { rows } = await explained({}, () => tenancy.pool.query<Invitation>(sql, [after ?? null, limit]))
  return rows
}

async function find({ tenancy, control }: ControlPlane, token: unknown): Promise<InvitationPreview | undefined> {
  if (typeof token !== 'string') return undefined
  const sql = `select organization_id::text as "organizationId", slug, name, email, role, expires_at as "expiresAt"
    from ${control}.find_invitation($1::bytea)`
  const { rows } = await explained({}, () =>
    tenancy.bootstrap(() => tenancy.pool.query<InvitationPreview>(sql, [digestOf(token)])),
  )
  return rows[0]
}

async function accept(
  { tenancy, control }: ControlPlane,
  given: InvitationAcceptance,
  { transaction }: WriteOptions = {},
): Promise<AcceptedInvitation> {
  const { token, userId, email } = parseInput(acceptanceSchema, given, 'INVITATION_INVALID')
  const sql = `
    select organization_id::text as "organizationId", slug, invitation_id::text as "invitationId", member_role as "role",
      member_since as "createdAt"
    from ${control}.accept_invitation($1::bytea, $2::text, $3::text)`
  const values = [digestOf(token), userId, email === 'any' ? null : email]
  const work = (run: RunStatement) => run<Omit<AcceptedInvitation, 'userId' | 'status'>>(sql, values)
  const [row] = await explained({ userId }, () =>
    transaction === undefined
      ? tenancy.bootstrap(() => inTransaction(tenancy, undefined, work))
      : inTransaction(tenancy, transaction, work),
  )
  if (row === undefined) throw unknown()
  return { userId, status: 'active', ...row }
}

function unknown(): TenancyError {
  return new TenancyError('INVITATION_UNKNOWN', 'There is no such pending invitation in the organization.')
}
