import type { RuleFinding, Severity } from '../../verify/catalog-rule.ts'
import type { RuleText } from '../rule-text.ts'
import type { PolicyFacts, PolicyWorld } from './policy-facts.ts'

/** Something that must be true of policies, told from their parsed expressions. Asked in every phase. */
export interface PolicyRule extends RuleText {
  readonly judge: (world: PolicyWorld) => readonly RuleFinding[]
}

/** What a rule says of one policy. */
export interface PolicyVerdict {
  readonly detail: string
  readonly fix?: readonly string[]
  readonly severity?: Severity
}

/** A rule that looks at one policy at a time. */
export function eachPolicy(
  text: RuleText,
  judge: (policy: PolicyFacts, world: PolicyWorld) => PolicyVerdict | undefined,
): PolicyRule {
  return {
    ...text,
    judge: (world) =>
      world.policies.flatMap((policy) => {
        const verdict = judge(policy, world)
        return verdict === undefined ? [] : [{ ...objectOf(policy), ...verdict }]
      }),
  }
}

export function objectOf({ table, name }: PolicyFacts): Pick<RuleFinding, 'table' | 'object'> {
  return { table, object: `policy ${name} on ${table}` }
}

export function dropOf({ quotedName, relation }: PolicyFacts): string {
  return `drop policy ${quotedName} on ${relation}`
}
