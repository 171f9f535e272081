import type { CatalogRule } from '../verify/catalog-rule.ts'

/** What every rule tells of itself. */
export type RuleText = Pick<CatalogRule, 'name' | 'promise' | 'risk' | 'remedy' | 'severity'>
