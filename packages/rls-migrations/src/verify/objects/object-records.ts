import { randomBytes } from 'node:crypto'
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.ts'
import type { PlanSettings } from '../../plan/plan.ts'

/** A record of the organization for each table of the control plane that the application reads; those before go first. */
export function recordsOf({ controlSchema }: PlanSettings, organization: string): readonly string[] {
  const id = quoteLiteral(organization)
  const drawn = randomBytes(8).toString('hex')
  const insert = (table: string, columns: string, values: string): string =>
    `insert into ${quoteIdentifier(controlSchema)}.${table} (${columns}) values (${values})`
  return [
    insert('organizations', 'id, slug, name', `${id}, 'pw-${drawn}', 'partywall verify'`),
    insert('memberships', 'organization_id, user_id, role', `${id}, 'partywall ${drawn}', 'member'`),
    insert(
      'invitations',
      'organization_id, email, role, expires_at',
      `${id}, '${drawn}@partywall.invalid', 'member', pg_catalog.now()`,
    ),
    insert(
      'api_keys',
      'id, organization_id, name, permissions, granted_by',
      `'${drawn}', ${id}, 'partywall verify', '{*:read}', 'partywall ${drawn}'`,
    ),
    insert('idempotency_keys', 'organization_id, user_id, key, fingerprint', `${id}, 'partywall', '${drawn}', ''`),
    insert('organization_settings', 'organization_id, settings', `${id}, '{}'`),
    insert('subscriptions', 'organization_id, plan, status, occurred_at', `${id}, 'free', 'active', pg_catalog.now()`),
    insert('domains', 'organization_id, domain, challenge', `${id}, '${drawn}.invalid', '${drawn}${drawn}'`),
  ]
}
