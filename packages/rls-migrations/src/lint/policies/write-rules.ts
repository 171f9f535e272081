import { constantOf } from './expression.ts'
import type { PolicyFacts, PolicyWorld } from './policy-facts.ts'
import { dropOf, eachPolicy, objectOf, type PolicyRule } from './policy-rule.ts'
import { binds } from './tenant-binding.ts'

/** Without a WITH CHECK the server takes USING for it, which is as good. */
export const policyWritesMore: PolicyRule = eachPolicy(
  {
    name: 'policy-writes-more',
    promise: 'what may be written is what may be read',
    risk: 'One organization writes rows into another, or moves its own there.',
    remedy: 'Give WITH CHECK the expression of USING.',
    severity: 'error',
  },
  (policy, world) => {
    const { using, check, relation, quotedName, command } = policy
    if (check === null || using === null || command === 'r' || command === 'd') return undefined
    const weaker =
      (constantOf(check.tree) === true && constantOf(using.tree) !== true) ||
      (binds(using, policy, world) && !binds(check, policy, world))
    if (!weaker) return undefined
    return {
      detail: `it reads by ${using.text}, and writes by ${check.text}`,
      fix: [`alter policy ${quotedName} on ${relation} with check (${using.text})`],
    }
  },
)

const isTrue = (policy: PolicyFacts): boolean =>
  (policy.using === null || constantOf(policy.using.tree) === true) &&
  (policy.check === null || constantOf(policy.check.tree) === true)

/** Whether a restrictive policy that says something stands beside it, for everybody whom it lets in and all that it lets do. */
function isNarrowed(policy: PolicyFacts, { ofTable }: PolicyWorld): boolean {
  return (ofTable.get(policy.relationId) ?? []).some(
    (one) =>
      !one.permissive &&
      !isTrue(one) &&
      (one.command === '*' || one.command === policy.command) &&
      (one.roles.includes('public') || policy.roles.every((role) => one.roles.includes(role))),
  )
}

/**
 * Policies of the operator are for all rows; in expand those of the roles that used the tables before are, too. What other
 * policies let other roles at walled tables, `foreign-policy` says.
 */
export const policyAlwaysTrue: PolicyRule = eachPolicy(
  {
    name: 'policy-always-true',
    promise: 'a policy that is always true has a restrictive one beside it',
    risk: 'Whoever the policy is for reads and writes the rows of all organizations.',
    remedy: 'Put a restrictive policy with the organization beside it, or drop it.',
    severity: 'error',
  },
  (policy, world) => {
    const { handBuilt = false, settings, phase } = world.context
    if (!handBuilt && policy.class !== null && policy.roles.some((role) => role !== settings.roles.app))
      return undefined
    const isOurs =
      policy.roles.every((role) => role === settings.roles.operator || role === settings.roles.migrator) ||
      (policy.name === 'legacy_access' && (phase === 'expand' || phase === 'install'))
    if (!policy.permissive || isOurs || !isTrue(policy) || isNarrowed(policy, world)) return undefined
    return {
      detail: `it lets ${policy.roles.join(', ')} at every row`,
      // The one that the plan made is right: what is missing is the other one.
      fix: policy.name === 'tenant_access' ? [] : [dropOf(policy)],
    }
  },
)

export const policyRestrictsNothing: PolicyRule = eachPolicy(
  {
    name: 'policy-restricts-nothing',
    promise: 'a restrictive policy restricts',
    risk: 'It looks like a wall, and is none: reviewers stop at its name.',
    remedy: 'Give it the expression that it was meant to have, or drop it.',
    severity: 'warning',
  },
  (policy) =>
    !policy.permissive && isTrue(policy) ? { detail: 'it is always true', fix: [dropOf(policy)] } : undefined,
)

export const policyDuplicate: PolicyRule = {
  name: 'policy-duplicate',
  promise: 'no two policies of a table are the same',
  risk: 'Whoever changes one of them believes to have changed the rule.',
  remedy: 'Drop one of them.',
  severity: 'info',
  judge: ({ policies }) => {
    const keyOf = (one: PolicyFacts): string =>
      JSON.stringify([one.relationId, one.command, one.permissive, one.roles, one.using?.text, one.check?.text])
    const first = new Map<string, PolicyFacts>()
    return policies.flatMap((policy) => {
      const earlier = first.get(keyOf(policy))
      if (earlier === undefined) first.set(keyOf(policy), policy)
      return earlier === undefined
        ? []
        : [{ ...objectOf(policy), detail: `it is the same as ${earlier.name}`, fix: [dropOf(policy)] }]
    })
  },
}

const overlaps = (one: PolicyFacts, other: PolicyFacts): boolean =>
  one.name < other.name &&
  one.permissive &&
  other.permissive &&
  (one.command === '*' || other.command === '*' || one.command === other.command) &&
  (one.roles.includes('public') ||
    other.roles.includes('public') ||
    one.roles.some((role) => other.roles.includes(role)))

export const policyOverlap: PolicyRule = {
  name: 'policy-overlap',
  promise: 'one permissive policy lets a role at a table',
  risk: 'Permissive policies add up: every statement asks all of them, and the widest one counts.',
  remedy: 'Make one of them, or make restrictive what is meant to narrow.',
  severity: 'info',
  judge: ({ ofTable }) => {
    return [...ofTable.values()].flatMap((all) =>
      all.flatMap((policy) => {
        const others = all.filter((other) => overlaps(policy, other)).map((other) => other.name)
        return others.length === 0 ? [] : [{ ...objectOf(policy), detail: `it adds up with ${others.join(', ')}` }]
      }),
    )
  },
}
