import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import type { WriteOptions } from '@partywall/tenancy-core'
import { drawApiKey } from './api-key-text.ts'
import type { ApiKey, ApiKeyPage, ApiKeyRotation, ApiKeys, NewApiKey } from './api-keys.ts'
import { authenticateApiKey, createKeyCheck } from './authenticate-api-key.ts'
import type { ControlPlane } from './control-plane.ts'
import { explained } from './explain-refusal.ts'
import { nameSchema } from './organization.ts'
import { parseInput } from './parse-input.ts'
import { digestOf } from './token.ts'
import { writeControlPlane } from './write-control-plane.ts'

const idSchema = z.string().regex(/^[0-9A-Za-z]{16}$/, 'Expected the id of a key: 16 letters and digits')
const rule = /^([a-z][a-z0-9_-]*|\*):([a-z][a-z0-9_-]*|\*)$/
const future = z.date().refine((date) => date.getTime() > Date.now(), 'Expected a time to come')
const newKeySchema = z.strictObject({
  name: nameSchema,
  permissions: z.array(z.string().max(200).regex(rule, 'Expected resource:action, with * for any')).min(1).max(200),
  expiresAt: future.nullish(),
})
const thirtyDaysSeconds = 30 * 86_400
const rotationSchema = z.strictObject({
  id: idSchema,
  overlapSeconds: z.number().int().min(0).max(thirtyDaysSeconds).default(86_400),
  expiresAt: future.nullish(),
})
const keySchema = z.strictObject({ id: idSchema })
const pageSchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).default(100),
  after: idSchema.optional(),
})

/** The keys of organizations, over the functions of the control plane. */
export function createApiKeys(plane: ControlPlane): ApiKeys {
  const check = createKeyCheck(plane)
  return {
    apiKeys: (page) => listKeys(plane, page),
    createApiKey: (key, options) => create(plane, key, options),
    rotateApiKey: (rotation, options) => rotate(plane, rotation, options),
    revokeApiKey: (key, options) => revoke(plane, key, options),
    authenticateApiKey: (header) => authenticateApiKey(check, header),
  }
}

async function listKeys({ tenancy, control }: ControlPlane, page: ApiKeyPage = {}): Promise<readonly ApiKey[]> {
  // In an operator scope the statement would list the keys of every organization.
  tenancy.requireTenant()
  const { limit, after } = parseInput(pageSchema, page, 'API_KEY_INVALID')
  // As of members: neither OR nor COALESCE.
  const sql = `
    select id, name, permissions, granted_by as "grantedBy", expires_at as "expiresAt", revoked_at as "revokedAt",
      last_used_at as "lastUsedAt", created_at as "createdAt"
    from ${control}.api_keys where id > $1::text order by id limit $2`
  const { rows } = await explained({}, () => tenancy.pool.query<ApiKey>(sql, [after ?? '', limit]))
  return rows
}

async function create(
  plane: ControlPlane,
  given: NewApiKey,
  options: WriteOptions = {},
): Promise<{ readonly id: string; readonly text: string }> {
  const { name, permissions, expiresAt = null } = parseInput(newKeySchema, given, 'API_KEY_INVALID')
  const { id, text } = drawApiKey()
  await writeControlPlane(
    plane,
    {
      reason: 'create an API key',
      forUser: `select ${plane.control}.create_api_key($1::text, $2::text, $3::text, $4::text[], $5::bytea, $6::timestamptz) as "since"`,
      values: [id, name, permissions, digestOf(text), expiresAt],
      asked: { name, permissions },
    },
    options,
  )
  return { id, text }
}

async function rotate(
  plane: ControlPlane,
  given: ApiKeyRotation,
  options: WriteOptions = {},
): Promise<{ readonly id: string; readonly text: string; readonly oldUntil: Date }> {
  const { id, overlapSeconds, expiresAt = null } = parseInput(rotationSchema, given, 'API_KEY_INVALID')
  const { text } = drawApiKey(id)
  const rows = await writeControlPlane<{ oldUntil: Date }>(
    plane,
    {
      reason: 'rotate an API key',
      forUser: `select ${plane.control}.rotate_api_key($1::text, $2::text, $3::bytea, $4::integer, $5::timestamptz) as "oldUntil"`,
      values: [id, digestOf(text), overlapSeconds, expiresAt],
      asked: { id },
    },
    options,
  )
  if (rows[0] === undefined) throw new TenancyError('API_KEY_UNKNOWN', 'There is no such key in the organization.')
  return { id, text, oldUntil: rows[0].oldUntil }
}

async function revoke(plane: ControlPlane, given: unknown, options: WriteOptions = {}): Promise<void> {
  const { id } = parseInput(keySchema, given, 'API_KEY_INVALID')
  const forUser = `select ${plane.control}.revoke_api_key($1::text, $2::text) as "revokedAt"`
  await writeControlPlane(plane, { reason: 'revoke an API key', forUser, values: [id], asked: { id } }, options)
}
