import type { Session } from '../database/session.ts'
import type { Step } from '../plan/step.ts'
import { brokenText, findBrokenFacts, type OwnedCheck } from '../verify/broken-checks.ts'
import type { RuleContext, RuleFinding, Severity } from '../verify/catalog-rule.ts'
import { repair, type BrokenObject } from './repair.ts'
import type { RuleText } from './rule-text.ts'

/** The rule that compares the database with its plan; `verify` has it under the same name. */
export const catalogDrift: RuleText = {
  name: 'catalog',
  promise: 'every object that the conversion made is there, and as it was made',
  risk: 'The wall was proved as it was made; what was changed since, nobody has proved.',
  remedy: 'Make the object again as the plan has it.',
  severity: 'error',
}

/** What costs speed and no isolation. */
const harmless: ReadonlySet<Step['kind']> = new Set(['tenant-index', 'owner-setting'])

/** Every object of the plan that is missing or was changed. */
export async function findCatalogDrift(
  session: Session,
  { plan, phase }: RuleContext,
): Promise<readonly RuleFinding[]> {
  const broken = byObject(await findBrokenFacts(session, plan, phase))
  return broken
    .toSorted((one, other) => rank(one) - rank(other))
    .map((one) => ({
      table: one.table ?? '',
      object: one.check.object,
      detail: brokenText(one.check),
      fix: repair(one, plan),
      severity: severityOf(one.steps),
    }))
}

/** A key may be made by one step and validated by another: both are needed to make it again. */
function byObject(facts: readonly OwnedCheck[]): readonly BrokenObject[] {
  const objects = new Map<string, BrokenObject>()
  for (const { table, check, step } of facts) {
    const key = `${table ?? ''}\0${check.object}`
    objects.set(key, { table, check, steps: [...(objects.get(key)?.steps ?? []), step] })
  }
  return [...objects.values()]
}

/** Foreign keys come last: they stand on keys that may have to be made again before. */
function rank({ steps }: BrokenObject): number {
  return steps.some((step) => step.kind === 'composite-foreign-key') ? 1 : 0
}

function severityOf(steps: readonly Step[]): Severity {
  return steps.every((step) => harmless.has(step.kind)) ? 'warning' : 'error'
}
