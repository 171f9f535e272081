import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

// Packages of the workspace are imported as sources, so that a test never runs against a stale build.
const conditions = ['partywall-source', 'node', 'module-sync', 'development|production']
const resolve = { conditions, externalConditions: conditions }
const resolution = {
  resolve: { conditions },
  ssr: { resolve },
  environments: { ssr: { resolve }, __vitest__: { resolve } },
}

const withServer = { globalSetup: ['packages/testing/src/vitest-global-setup.ts'], hookTimeout: 180_000 }
// Where to write vitest's JSON report, for a program that counts the tests of a run.
const report = process.env['PARTYWALL_TEST_REPORT']
const exclude = ['**/node_modules/**', '**/dist/**']

function project(test: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration {
  return { ...resolution, test: { globals: false, ...test } }
}

export default defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      project({
        name: 'unit',
        include: ['packages/*/src/**/*.test.ts', 'bench/*/src/**/*.test.ts', 'tests/*.test.ts'],
        exclude: [...exclude, '**/*.integration.test.ts', '**/*.pgbouncer.test.ts', '**/*.mutations.test.ts'],
      }),
      project({
        name: 'integration',
        include: ['packages/*/{src,test}/**/*.integration.test.ts', 'tests/*.integration.test.ts'],
        exclude,
        ...withServer,
        testTimeout: 180_000,
      }),
      // Minutes rather than seconds.
      project({
        name: 'full',
        include: ['packages/*/test/full/*.test.ts'],
        exclude,
        ...withServer,
        testTimeout: 1_800_000,
      }),
      // Needs a pg_dump on the path that is not older than the server.
      project({
        name: 'pg-dump',
        include: ['tests/pg-dump/*.test.ts'],
        exclude,
        ...withServer,
        testTimeout: 180_000,
      }),
      // The sabotages on a clone that pg_dump makes, which takes minutes; needs a pg_dump as above.
      project({
        name: 'clone-mutations',
        include: ['tests/clone-mutations/*.test.ts'],
        exclude,
        ...withServer,
        testTimeout: 180_000,
      }),
      // Every sabotage that lint reads, and every one of the control plane, one after another: minutes.
      project({
        name: 'mutations',
        include: ['packages/*/{src,test}/**/*.mutations.test.ts'],
        exclude,
        ...withServer,
        // Lint looks twice at each sabotage before its first test.
        hookTimeout: 3_600_000,
        testTimeout: 3_600_000,
      }),
      // Needs a pgbouncer on the path, or Debian and root.
      project({
        name: 'pgbouncer',
        include: ['packages/*/{src,test}/**/*.pgbouncer.test.ts'],
        exclude,
        ...withServer,
        testTimeout: 180_000,
      }),
      project({
        name: 'packages',
        include: ['tests/packed/*.test.ts'],
        exclude,
        testTimeout: 180_000,
        hookTimeout: 300_000,
      }),
      project({ name: 'examples', include: ['examples/*/**/*.test.ts'], exclude, ...withServer, testTimeout: 180_000 }),
    ],
  },
})
