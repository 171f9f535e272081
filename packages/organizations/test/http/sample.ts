import { openApiDocument } from '@partywall/tenancy-core/http'
import type { Json, Route } from '@partywall/tenancy-core/http'
import { routesOfDocument, sampleOf as sampleOfRoute } from '@partywall/testing/http-attacks'
import type { AttackedRoute, Place, Sample } from '@partywall/testing/http-attacks'
import { prefix } from './attack-client.ts'
import { organizationOf } from './attacked-organization.ts'
import type { Cast } from './cast.ts'

/** Texts that a property may have, where any text would be refused. Fresh for each request. */
const texts: ReadonlyMap<string, (marker: string) => unknown> = new Map<string, (marker: string) => unknown>([
  ['email', (marker) => `new-${marker}@mail.test`],
  ['role', () => 'viewer'],
  // Who stays an owner may ask again.
  ['formerRole', () => 'owner'],
  ['name', (marker) => `Renamed ${marker}`],
  ['domain', (marker) => `new-${marker}.test`],
  ['policy', () => 'suggestion'],
  ['label', (marker) => `Label ${marker}`],
  ['slug', (marker) => `renamed-${marker}`],
  ['githubLogin', (marker) => `acme-${marker}`],
  ['emailDomain', () => 'acme.test'],
  ['permissions', () => ['nothing:read']],
  ['status', () => 'suspended'],
  ['expiresAt', () => '2099-01-01T00:00:00Z'],
])

/** What is right for a property; filters stay away. */
export function valueFor({ in: where, name }: Place, { marker }: { readonly marker: string }): unknown {
  return where === 'body' ? texts.get(name)?.(marker) : undefined
}

/** The document of the routes, as both hosts serve it. */
export function documentOf(routes: readonly Route[]): Json {
  return openApiDocument({ title: 'Attacked', version: '1', prefix, routes: [routes] })
}

const described = new WeakMap<Route, AttackedRoute>()

/** What the document says of a route. */
export function attackedRouteOf(route: Route): AttackedRoute {
  let found = described.get(route)
  if (found === undefined) {
    const [only] = routesOfDocument(documentOf([route]))
    found = only as AttackedRoute
    described.set(route, found)
  }
  return found
}

/** The right request on a route, with ids of an organization; its path without the prefix. */
export function sampleOf(route: Route, cast: Cast): Sample {
  const organization = organizationOf(cast)
  const sample = sampleOfRoute(attackedRouteOf(route), { site: { valueFor }, ids: organization.idFor, organization })
  return { ...sample, path: sample.path.slice(prefix.length) }
}
