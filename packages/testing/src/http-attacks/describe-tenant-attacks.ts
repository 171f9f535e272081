import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '@partywall/tenancy-core/http'
import { attackRoute } from './attack-route.ts'
import { routesOfDocument } from './attacked-route.ts'
import type { AttackedRoute } from './attacked-route.ts'
import type { AttackedSite } from './attacked-site.ts'

/** What is described. */
export interface DescribeTenantAttacksOptions {
  /** The OpenAPI document of the host: each of its routes becomes a test. */
  readonly document: Json
  /** Starts the host, on a database with two organizations. */
  readonly start: () => Promise<Omit<AttackedSite, 'document'> & AsyncDisposable>
  /** Which routes are attacked. @defaultValue all of them */
  readonly routes?: ((route: AttackedRoute) => boolean) | undefined
}

/**
 * Describes to vitest that nothing crosses between two organizations of a host, on each route of its OpenAPI document: no member
 * of another organization, suspended member, viewer, stranger, forged header, key or token that is over, id, cursor or
 * Idempotency-Key of others gets through, changes or tells anything, and whoever may does get through.
 *
 * @example
 * ```ts
 * describeTenantAttacks('my service', { document, start: startAttackedHost, routes: isRead })
 * ```
 */
export function describeTenantAttacks(
  name: string,
  { document, start, routes: isMeant = () => true }: DescribeTenantAttacksOptions,
): void {
  const routes = routesOfDocument(document).filter(isMeant)

  describe(`the attacks on ${name}`, () => {
    let site: Awaited<ReturnType<typeof start>>

    beforeAll(async () => {
      site = await start()
    })

    afterAll(() => site[Symbol.asyncDispose]())

    it('have routes to be played on', () => {
      expect(routes.some(({ scope }) => scope === 'organization')).toBe(true)
    })

    it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
      '%s lets nobody through who may not, and whoever may',
      async (_, route) => {
        expect((await attackRoute({ ...site, document }, route)).problems).toEqual([])
      },
    )
  })
}
