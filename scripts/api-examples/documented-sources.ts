/** Sources whose examples are run with the same names. */
export interface DocumentedSources {
  /** From the root of the repository. Of two that hold a file, the longer one. */
  readonly directory: string
  /** Where the type of the names stands that a test gives the examples. */
  readonly names: { readonly file: string; readonly type: string }
  /** Packages whose exports the examples may use as well, beside those of their own. */
  readonly uses: readonly string[]
  /** What a reader declares for the examples, in a module. */
  readonly declarations?: string
}

const httpNames = 'packages/organizations/test/examples/http-names.ts'

export const documentedSources: readonly DocumentedSources[] = [
  {
    directory: 'packages/organizations/src',
    names: { file: httpNames, type: 'FastifyNames' },
    uses: ['tenancy-core'],
  },
  {
    directory: 'packages/tenancy-core/src/http',
    names: { file: httpNames, type: 'FastifyNames' },
    uses: ['organizations'],
  },
  {
    directory: 'packages/tenancy-core/src',
    names: { file: 'packages/tenancy-core/test/examples/core-names.ts', type: 'CoreNames' },
    uses: [],
    declarations: `
      declare module '@partywall/tenancy-core/outbox' {
        interface OutboxEvents { 'build.finished': { readonly buildId: string } }
      }`,
  },
  { directory: 'packages/fastify/src', names: { file: httpNames, type: 'FastifyNames' }, uses: ['tenancy-core'] },
  {
    directory: 'packages/rls-migrations/src',
    names: { file: 'packages/rls-migrations/test/examples/conversion-names.ts', type: 'ConversionNames' },
    uses: [],
  },
  {
    directory: 'packages/testing/src',
    names: { file: 'packages/testing/test/examples/testing-names.ts', type: 'TestingNames' },
    uses: ['organizations'],
  },
  {
    directory: 'packages/testing/src/http-attacks',
    names: { file: 'packages/testing/test/examples/attack-names.ts', type: 'AttackNames' },
    uses: [],
  },
  { directory: 'packages/express/src', names: { file: httpNames, type: 'ExpressNames' }, uses: ['tenancy-core'] },
]

/** The sources that a file belongs to. */
export function sourcesOf(path: string): DocumentedSources | undefined {
  return documentedSources
    .filter(({ directory }) => path.startsWith(`${directory}/`))
    .toSorted((a, b) => b.directory.length - a.directory.length)[0]
}
