import type { OpenScopeOptions } from '@partywall/testing/contract'
import { createTenancy } from '../../src/index.ts'
import type { Tenancy } from '../../src/index.ts'
import type { TenancyOptions } from '../../src/tenancy-options.ts'

/** The tenancy that every library stands on. */
export function contractTenancy(
  { url, maxConnections, pooled, sealKey }: OpenScopeOptions,
  more: Partial<TenancyOptions> = {},
): Tenancy {
  return createTenancy({
    pool: { connectionString: url, max: maxConnections },
    preparedContext: !pooled,
    ...(sealKey === undefined ? {} : { seal: { key: sealKey } }),
    ...more,
  })
}
