import type { Grant } from '../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName, type QualifiedName } from '../sql/identifier.ts'
import { heirsOfPublic } from './heirs-of-public.ts'
import type { Granted, PlanContext } from './plan-context.ts'

/** Statements that take privileges on a relation from PUBLIC, and those that give back exactly what was there. */
export interface Taking {
  /** Privileges on the whole relation, in lower case. */
  readonly privileges: readonly string[]
  readonly columns: readonly { readonly column: string; readonly privilege: string }[]
  readonly statements: readonly string[]
  readonly inverse: readonly string[]
}

type Relation = QualifiedName & Granted & { readonly owner: string }

/**
 * What PUBLIC holds, the application holds. The roles that use the database today keep it in their own name: each gets
 * the privileges that it lacks, so that the way back leaves it with those that it had.
 */
export function takeFromPublic(
  context: PlanContext,
  relation: Relation,
  taken: (privilege: string) => boolean,
): Taking {
  const whole = publicPrivileges(relation.grants).filter(taken)
  const columns = relation.columnGrants
    .filter((grant) => grant.role === 'public' && taken(grant.privilege.toLowerCase()))
    .map(({ column, privilege }) => ({ column, privilege: privilege.toLowerCase() }))
  const users = heirsOfPublic(context, relation)
  const moves = [
    ...whole.map((privilege) => move(relation, privilege, lacking(relation, users, { privilege }))),
    ...columns.map(({ column, privilege }) => {
      const heirs = whole.includes(privilege) ? [] : lacking(relation, users, { privilege, column })
      return move(relation, `${privilege} (${quoteIdentifier(column)})`, heirs)
    }),
  ]
  const takenRoles = new Set(users)
  // To take a privilege on the whole from a role takes it on every column from it as well.
  const lost = relation.columnGrants.filter(
    (grant) => takenRoles.has(grant.role) && whole.includes(grant.privilege.toLowerCase()),
  )
  return {
    privileges: whole,
    columns,
    statements: moves.flatMap((one) => one.statements),
    inverse: [
      ...moves.flatMap((one) => one.inverse),
      ...lost.map(
        ({ privilege, column, role, grantable }) =>
          `grant ${privilege.toLowerCase()} (${quoteIdentifier(column)}) on ${quoteName(relation)} to ${quoteIdentifier(role)}${grantable ? ' with grant option' : ''}`,
      ),
    ],
  }
}

/** What PUBLIC holds, in lower case. */
function publicPrivileges(grants: readonly Grant[]): readonly string[] {
  return grants.find((grant) => grant.role === 'public')?.privileges.map((one) => one.toLowerCase()) ?? []
}

/** Says who loses what, since a role that holds nothing in its own name cannot be told from one that does not exist. */
export function warnOfPublicLoss(
  context: PlanContext,
  object: string,
  loss: { readonly privileges: readonly string[]; readonly heirs: readonly string[] },
): void {
  if (loss.privileges.length === 0) return
  const keep = loss.heirs.length === 0 ? '' : ` ${loss.heirs.join(', ')} keep it in their own name.`
  context.hazards.push({
    id: 'public-loses',
    severity: 'warning',
    object,
    message: `PUBLIC loses ${loss.privileges.join(', ')} at expand.${keep} A role that has it through PUBLIC alone and holds no other privilege in this database must be granted it by name first.`,
  })
}

export function warnOfTaking(context: PlanContext, relation: Relation, taking: Taking): void {
  const privileges = [
    ...taking.privileges.map((privilege) => privilege.toUpperCase()),
    ...taking.columns.map(({ column, privilege }) => `${privilege.toUpperCase()} (${column})`),
  ]
  warnOfPublicLoss(context, displayName(relation), { privileges, heirs: heirsOfPublic(context, relation) })
}

interface Wanted {
  readonly privilege: string
  readonly column?: string
}

function lacking(relation: Relation, roles: readonly string[], { privilege, column }: Wanted): readonly string[] {
  const wanted = privilege.toUpperCase()
  return roles.filter(
    (role) =>
      !relation.grants.some((grant) => grant.role === role && grant.privileges.includes(wanted)) &&
      !relation.columnGrants.some(
        (grant) => grant.role === role && grant.column === column && grant.privilege === wanted,
      ),
  )
}

function move(relation: Relation, what: string, heirs: readonly string[]): { statements: string[]; inverse: string[] } {
  const on = `${what} on ${quoteName(relation)}`
  const to = heirs.map(quoteIdentifier).join(', ')
  return {
    statements: [...(to === '' ? [] : [`grant ${on} to ${to}`]), `revoke ${on} from public`],
    inverse: [`grant ${on} to public`, ...(to === '' ? [] : [`revoke ${on} from ${to}`])],
  }
}
