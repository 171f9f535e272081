import { quoteIdentifier } from '../sql/identifier.ts'
import { sqlStateOf } from './dump-error.ts'
import type { DumpNotes } from './dump-notes.ts'
import type { LoadSession } from './load-session.ts'

/** Another load on the same server made it first: roles belong to the server, not to the database. */
const EXISTS = ['42710', '23505']

/**
 * Roles through which a membership would give more than a dump may give: those that administer the server, PostgreSQL's
 * own, and, as members, those that the loading owner can act as.
 */
const UNSAFE_MEMBERSHIP = `
  select 1
  from pg_catalog.pg_roles g, pg_catalog.pg_roles m
  where g.rolname = any ($1) and m.rolname = any ($2)
    and (pg_catalog.pg_has_role($3::name, m.oid, 'MEMBER')
      or exists (
        select from pg_catalog.pg_roles r
        where pg_catalog.pg_has_role(g.oid, r.oid, 'MEMBER')
          and (r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls or r.rolname like 'pg\\_%')))
  limit 1`

/** Creates the roles that a dump gives privileges to. */
export class RoleCreation {
  readonly #session: LoadSession
  readonly #notes: DumpNotes
  readonly #known = new Set<string>()

  constructor(session: LoadSession, notes: DumpNotes) {
    this.#session = session
    this.#notes = notes
  }

  /** Makes sure that the roles exist. False, and a note, when one does not and cannot be created. */
  async ensure(roles: readonly string[], line: number): Promise<boolean> {
    let all = true
    for (const role of roles) if (!(await this.#ensureOne(role, line))) all = false
    return all
  }

  async #ensureOne(role: string, line: number): Promise<boolean> {
    if (this.#known.has(role)) return true
    const rows = await this.#session.read('select 1 from pg_catalog.pg_roles where rolname = $1', [role])
    if (rows.length === 0 && !(await this.#create(role, line))) {
      this.#notes.add('role-missing', line, role)
      return false
    }
    this.#known.add(role)
    return true
  }

  async #create(role: string, line: number): Promise<boolean> {
    if (!this.#session.hasAdministrator) return false
    try {
      await this.#session.asAdministrator(`create role ${quoteIdentifier(role)} nologin`)
      this.#notes.add('role-created', line, role)
      return true
    } catch (error) {
      const sqlState = sqlStateOf(error) ?? ''
      if (EXISTS.includes(sqlState)) return true
      // PostgreSQL's own roles differ between versions and cannot be created.
      if (sqlState === '42939') return false
      throw error
    }
  }

  /** Makes roles members of roles, where that gives the loading owner nothing. */
  async grantMembership(granted: readonly string[], members: readonly string[], line: number): Promise<void> {
    if (!(await this.ensure([...granted, ...members], line))) return
    const unsafe = await this.#session.read(UNSAFE_MEMBERSHIP, [granted, members, this.#session.ownerName])
    if (unsafe.length > 0 || !this.#session.hasAdministrator) {
      this.#notes.add('role-definition-skipped', line, granted.join(', '))
      return
    }
    await this.#session.asAdministrator(
      `grant ${granted.map(quoteIdentifier).join(', ')} to ${members.map(quoteIdentifier).join(', ')}`,
    )
  }
}
