import type { CatalogRule } from '../../verify/catalog-rule.ts'

/** Per major: the first minor in which no known defect lets a policy be passed by (CVE-2024-10976, CVE-2025-8713). */
const safeMinor: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6, 18: 0 }

export const serverVersion: CatalogRule = {
  name: 'server-version',
  promise: 'the server has no known defect by which a policy is passed',
  risk: 'Statistics and cached plans of older versions show values that a policy hides.',
  remedy: 'Take the newest minor version of the server.',
  severity: 'warning',
  since: 'install',
  query: (context) => {
    const [major, minor] = [Math.floor(context.serverVersion / 10_000), context.serverVersion % 10_000]
    return {
      text: `
      select '' as "table", 'server' as object, format('PostgreSQL %s.%s is older than %s.%s', $1::int, $2::int, $1::int, $3::int) as detail
      where $2::int < $3::int`,
      values: [major, minor, safeMinor[major] ?? 0],
    }
  },
}
