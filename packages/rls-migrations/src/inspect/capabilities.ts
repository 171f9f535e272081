import type { Session } from '../database/session.ts'
import type { Hazard, Plan } from '../plan/plan.ts'
import { quoteIdentifier } from '../sql/identifier.ts'

/** What this login may do on this server. Managed services withhold some of it from everybody. */
export interface Capabilities {
  readonly superuser: boolean
  readonly createRoles: boolean
  readonly createSchema: boolean
  /** Event triggers, which a guard against tables without a wall would be. */
  readonly eventTriggers: boolean
  /** Whether it may give BYPASSRLS to a role of its own: a backup role, for one. */
  readonly grantBypassRls: boolean
  /** Whether it sees the statements and sessions of others. */
  readonly seesOthers: boolean
}

/** Roles of managed services that may make event triggers without being superusers. */
const eventTriggerRoles = ['rds_superuser', 'azure_pg_admin', 'cloudsqlsuperuser', 'supabase_admin']

/** Asks the catalog; changes nothing. */
export async function readCapabilities(session: Session): Promise<Capabilities> {
  const { rows } = await session.query<Capabilities>(
    `select r.rolsuper as "superuser", r.rolsuper or r.rolcreaterole as "createRoles",
       has_database_privilege(current_database(), 'create') as "createSchema",
       r.rolsuper or exists (select from pg_roles m where m.rolname = any ($1) and pg_has_role(current_user, m.oid, 'member')) as "eventTriggers",
       r.rolsuper or (r.rolcreaterole and r.rolbypassrls and current_setting('server_version_num')::int >= 160000) as "grantBypassRls",
       r.rolsuper or pg_has_role(current_user, 'pg_read_all_stats', 'usage') as "seesOthers"
     from pg_roles r where r.rolname = current_user`,
    [eventTriggerRoles],
  )
  return rows[0] as Capabilities
}

/** What is left to a DBA, or is not seen, because the login may not. */
export function capabilityHazards(capabilities: Capabilities, plan: Plan): readonly Hazard[] {
  const { login } = plan.settings
  const hazard = (severity: Hazard['severity'], message: string): Hazard[] => [
    { id: 'capability', severity, object: `login ${login}`, message },
  ]
  const script = 'partywall plan --emit sql writes the script'
  return [
    ...(capabilities.createRoles
      ? []
      : hazard('warning', `It may not create roles, so a DBA must, before the rest: ${script}.`)),
    ...(capabilities.createSchema
      ? []
      : hazard(
          'warning',
          `It may not create a schema. Have a DBA run: grant create on database ${quoteIdentifier(plan.database)} to ${quoteIdentifier(login)}`,
        )),
    ...(capabilities.eventTriggers
      ? []
      : hazard(
          'notice',
          'It may not make event triggers, so nothing stops a new table without a wall: run partywall status after each migration.',
        )),
    ...(capabilities.grantBypassRls
      ? []
      : hazard('notice', 'It may not make a role with BYPASSRLS: from enforce on backups need one that a DBA makes.')),
    ...(capabilities.seesOthers
      ? []
      : hazard(
          'notice',
          'It does not see the statements of others. Have a DBA grant it pg_read_all_stats for a full list of what to look out for.',
        )),
  ]
}
