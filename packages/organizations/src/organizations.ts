import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import type { Actor, Directory, Membership, Tenancy } from '@partywall/tenancy-core'
import { importMembers } from './import-members.ts'
import type { MemberImport, MemberImportResult } from './import-members.ts'
import { insertOrganization } from './insert-organization.ts'
import type { NewOrganization, Organization } from './insert-organization.ts'
import { roleSchema, userIdSchema } from './member.ts'
import type { Member, Role } from './member.ts'
import { parseInput } from './parse-input.ts'
import { quoteIdentifier } from './run-statement.ts'
import type { RunStatement } from './run-statement.ts'

/** Options of {@link createOrganizations}. */
export interface OrganizationsOptions {
  /** The schema of the control plane. @defaultValue `'partywall'` */
  readonly schema?: string | undefined
}

/** An organization of a user, and what the user is in it. */
export interface OwnMembership extends Membership {
  readonly name: string
}

/** A page of members, in the order of their user ids. */
export interface MemberPage {
  /** From 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
  /** The user id with which the page before ended. */
  readonly after?: string | undefined
}

/** Organizations and the people in them. */
export interface Organizations extends Directory {
  /**
   * Creates an organization and makes the user its owner, both or neither. It opens an operator scope, which the audit
   * trail keeps with the actor.
   *
   * @throws {TenancyError} `ORGANIZATION_INVALID`, `ORGANIZATION_SLUG_TAKEN`, or `ORGANIZATION_TOO_EARLY` before the
   * conversion has reached contract.
   * @throws {TenancyError} `ORGANIZATION_ROOT_MISSING` where the host has its own table of organizations, and `id` names
   * no row of it.
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE` when the tenancy has no operator login.
   *
   * @example
   * ```ts
   * await organizations.create({ slug: 'acme', name: 'Acme', owner: { userId }, actor: { type: 'user', id: userId } })
   * ```
   */
  create(organization: NewOrganization & { readonly actor: Actor }): Promise<Organization>

  /** The organizations of a user, suspended ones included, in the order of their slugs. Needs no scope. */
  listMine(userId: string): Promise<readonly OwnMembership[]>

  /**
   * Makes a user a member of the organization in scope. Whether there is such a user is for the host to know, and whether
   * the user agreed: the row of a member becomes visible to the organization. It opens an operator scope, which the audit
   * trail keeps with the actor of the scope.
   *
   * @throws {TenancyError} `MEMBER_EXISTS`, `MEMBER_INVALID`, or `TENANT_REQUIRED` outside a scope.
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE` when the tenancy has no operator login.
   *
   * @example
   * ```ts
   * await tenancy.run({ organizationId }, () => organizations.addMember({ userId: '42', role: 'viewer' }))
   * ```
   */
  addMember(member: { readonly userId: string; readonly role: Role }): Promise<Member>

  /**
   * The members of the organization in scope, a page at a time.
   *
   * @throws {TenancyError} `MEMBER_INVALID`, or `TENANT_REQUIRED` outside a scope.
   */
  members(page?: MemberPage): Promise<readonly Member[]>

  /**
   * Makes the users that the host has members of the default organization, or of the one that is named. It may be
   * repeated: members stay as they are.
   *
   * @throws {TenancyError} `CONFIGURATION_INVALID`, `ORGANIZATION_UNKNOWN`, `OWNER_UNKNOWN` or `OWNER_AMBIGUOUS`; nothing
   * was changed then.
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE` when the tenancy has no operator login.
   */
  importMembers(request: MemberImport & { readonly actor: Actor }): Promise<MemberImportResult>
}

/**
 * Opens the organizations of a tenancy: a `Directory` for the adapters, and what creates and fills organizations.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` when an option is wrong.
 *
 * @example
 * ```ts
 * const organizations = createOrganizations(tenancy)
 * await app.register(partywall, { tenancy, directory: organizations, claim })
 * ```
 */
export function createOrganizations(tenancy: Tenancy, options: OrganizationsOptions = {}): Organizations {
  const { schema } = parseInput(optionsSchema, options, 'CONFIGURATION_INVALID')
  return new PostgresOrganizations(tenancy, schema)
}

const optionsSchema = z.strictObject({ schema: z.string().min(1).max(63).default('partywall') })
const memberSchema = z.strictObject({ userId: userIdSchema, role: roleSchema })
const pageSchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).default(100),
  after: userIdSchema.optional(),
})
const memberColumns = 'user_id as "userId", role, status, created_at as "createdAt"'
const membershipColumns =
  'organization_id::text as "organizationId", slug, organization_status as "organizationStatus", role, ' +
  'membership_status as "membershipStatus"'

/** Recorded where the scope does not say who acts. */
const unnamed: Actor = { type: 'system', id: 'organizations' }

class PostgresOrganizations implements Organizations {
  readonly #tenancy: Tenancy
  readonly #schema: string
  /** Quoted. */
  readonly #control: string

  constructor(tenancy: Tenancy, schema: string) {
    this.#tenancy = tenancy
    this.#schema = schema
    this.#control = quoteIdentifier(schema)
  }

  async findMembership(request: { organization: string; userId: string }): Promise<Membership | undefined> {
    const statement = `select ${membershipColumns} from ${this.#control}.find_membership($1, $2)`
    const rows = await this.#beforeTenant<Membership>(statement, [request.organization, request.userId])
    // One organization's slug may be the text of another's id: an id cannot be chosen, and wins.
    return rows.find(({ organizationId }) => organizationId === request.organization) ?? rows[0]
  }

  async listMine(userId: string): Promise<readonly OwnMembership[]> {
    const statement = `select ${membershipColumns}, name from ${this.#control}.list_memberships($1)`
    return await this.#beforeTenant<OwnMembership>(statement, [userId])
  }

  async create(organization: NewOrganization & { readonly actor: Actor }): Promise<Organization> {
    const { actor, ...created } = organization
    return await this.#asOperator({ reason: `create the organization ${created.slug}`, actor }, (run) =>
      insertOrganization(run, created, this.#schema),
    )
  }

  async importMembers(request: MemberImport & { readonly actor: Actor }): Promise<MemberImportResult> {
    const { actor, ...rest } = request
    return await this.#asOperator({ reason: 'import members', actor }, (run) => importMembers(run, rest, this.#schema))
  }

  async addMember(member: { readonly userId: string; readonly role: Role }): Promise<Member> {
    const { organizationId, actor } = this.#tenancy.requireTenant()
    const { userId, role } = parseInput(memberSchema, member, 'MEMBER_INVALID')
    // The application's login cannot write memberships: a row that it could add would show it the person behind any id.
    const rows = await this.#asOperator({ reason: 'add a member', actor: actor ?? unnamed }, (run) =>
      run<Member>(
        `insert into ${this.#control}.memberships (organization_id, user_id, role)
         select o.id, $2, $3 from ${this.#control}.organizations o where o.id::text = $1
         on conflict (organization_id, user_id) do nothing returning ${memberColumns}`,
        [organizationId, userId, role],
      ),
    )
    if (rows[0] !== undefined) return rows[0]
    throw new TenancyError('MEMBER_EXISTS', `The user "${userId}" is a member of the organization already.`, {
      details: { userId },
    })
  }

  async members(page: MemberPage = {}): Promise<readonly Member[]> {
    // In an operator scope the statement would list the members of every organization.
    this.#tenancy.requireTenant()
    const { limit, after } = parseInput(pageSchema, page, 'MEMBER_INVALID')
    const { rows } = await this.#tenancy.pool.query<Member>(
      `select ${memberColumns} from ${this.#control}.memberships
       where $1::text is null or user_id > $1 order by user_id limit $2`,
      [after ?? null, limit],
    )
    return rows
  }

  async #beforeTenant<Row extends object>(statement: string, values: unknown[]): Promise<readonly Row[]> {
    const { rows } = await this.#tenancy.bootstrap(() => this.#tenancy.pool.query<Row>(statement, values))
    return rows
  }

  #asOperator<T>(scope: { reason: string; actor: Actor }, work: (run: RunStatement) => Promise<T>): Promise<T> {
    return this.#tenancy.operator(scope, (pool) =>
      work(async <Row extends object>(text: string, values: readonly unknown[]) => {
        const { rows } = await pool.query<Row>(text, [...values])
        return rows
      }),
    )
  }
}
