/** A package of the workspace, by the name of its directory. */
export type PackageName = string

const features = ['organizations', 'quota', 'audit', 'org-sync'] as const

/**
 * Which packages the sources of a package may import. Arrows go down to `tenancy-core`; features meet in its events and
 * ports, never in imports; nothing imports an adapter.
 */
export const allowedArrows: Readonly<Record<PackageName, readonly PackageName[]>> = {
  'tenancy-core': [],
  organizations: ['tenancy-core'],
  quota: ['tenancy-core'],
  audit: ['tenancy-core'],
  'org-sync': ['tenancy-core'],
  'rls-migrations': ['tenancy-core'],
  fastify: ['tenancy-core'],
  express: ['tenancy-core'],
  'github-fake': ['tenancy-core'],
  dashboard: ['tenancy-core'],
  testing: ['tenancy-core', 'rls-migrations'],
  partywall: ['tenancy-core', 'rls-migrations', 'testing', 'dashboard', 'github-fake', ...features],
}

/** What a package may import with `import type` only, beside its arrows. */
export const allowedTypeArrows: Readonly<Record<PackageName, readonly PackageName[]>> = {
  dashboard: features,
}

/** Packages whose sources may create, alter or drop objects of a database. `testing` does so on throwaway servers. */
export const ddlOwners: readonly PackageName[] = ['rls-migrations', 'testing']

/** Sources elsewhere that may, because the server they talk to is one that they started themselves. */
export const ddlExceptions: readonly string[] = ['packages/partywall/src/throwaway-database.ts']
