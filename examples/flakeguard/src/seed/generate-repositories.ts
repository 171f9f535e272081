import { dayMs, earlier, type Generation } from './generation.ts'
import { accounts, labels, promises, repositoryNames, subjects, topics } from './vocabulary.ts'

export function generateRepositories(generation: Generation): void {
  generateInstallations(generation)
  for (const [index, name] of repositoryNames.entries()) {
    const repositoryId = generateRepository(generation, name, index)
    generateTestCases(generation, repositoryId)
    for (const [label, color] of labels) {
      generation.dataset.Label.push({ id: generation.random.id(), repositoryId, name: label, color })
    }
  }
}

function generateInstallations({ random, dataset, now }: Generation): void {
  for (const [index, account] of accounts.entries()) {
    const createdAt = earlier(now, random.integer(200, 400) * dayMs)
    dataset.Installation.push({
      id: random.id(),
      githubId: BigInt(48_100_000 + index * 7_919),
      accountLogin: account.login,
      accountKind: account.kind,
      permissions: { actions: 'read', checks: 'write', contents: 'read' },
      events: ['workflow_run', 'workflow_job', 'check_run'],
      createdAt,
      updatedAt: createdAt,
    })
  }
}

function generateRepository({ random, dataset, now }: Generation, name: string, index: number): string {
  const id = random.id()
  const installation = random.pick(dataset.Installation)
  const createdAt = earlier(now, random.integer(60, 190) * dayMs)
  dataset.Repository.push({
    id,
    installationId: installation.id ?? '',
    githubId: BigInt(731_000_000 + index * 104_729),
    fullName: `${installation.accountLogin}/${name}`,
    defaultBranch: 'main',
    isPrivate: random.chance(0.6),
    topics: random.sample(topics, 3),
    createdAt,
    updatedAt: createdAt,
  })
  dataset.RepositorySettings.push({
    repositoryId: id,
    flakeThreshold: random.pick(['0.02', '0.05', '0.10']),
    windowDays: random.pick([7, 14, 30]),
    autoQuarantine: random.chance(0.3),
    ignoredBranches: random.chance(0.4) ? ['dependabot/*'] : [],
    reportFormat: { kind: random.pick(['junit', 'vitest', 'pytest', 'go-test']) },
    lastTaskNumber: 0,
    updatedAt: createdAt,
  })
  return id
}

function generateTestCases({ random, dataset, now }: Generation, repositoryId: string): void {
  for (const subject of random.sample(subjects, 6)) {
    const testSuiteId = random.id()
    const firstSeenAt = earlier(now, 50 * dayMs)
    dataset.TestSuite.push({
      id: testSuiteId,
      repositoryId,
      name: subject,
      filePath: `test/${subject.toLowerCase()}.test.ts`,
      createdAt: firstSeenAt,
    })
    for (const name of random.sample(promises, 10)) {
      dataset.TestCase.push({
        id: random.id(),
        repositoryId,
        testSuiteId: random.chance(0.95) ? testSuiteId : null,
        suite: subject,
        name,
        tags: random.sample(['slow', 'network', 'database', 'browser'], random.integer(0, 2)),
        firstSeenAt,
        lastSeenAt: now,
      })
    }
  }
}
