import type { PrismaClient } from '../../generated/client.ts'
import { HttpError } from '../http-error.ts'

const repositoryFields = {
  id: true,
  fullName: true,
  defaultBranch: true,
  isPrivate: true,
  topics: true,
  archivedAt: true,
} as const

/** A page of repositories, by name. */
export async function listRepositories(prisma: PrismaClient, page: { limit: number; after?: string | undefined }) {
  return await prisma.repository.findMany({
    select: { ...repositoryFields, _count: { select: { testCases: true, workflowRuns: true } } },
    orderBy: { fullName: 'asc' },
    take: page.limit,
    ...(page.after === undefined ? {} : { where: { fullName: { gt: page.after } } }),
  })
}

/**
 * One repository with its settings, and the share of its tests that failed in the window that the settings name. The
 * window ends with the newest run: an idle repository keeps its last figure.
 *
 * @throws HttpError 404 when there is none.
 */
export async function findRepository(prisma: PrismaClient, id: string) {
  const repository = await prisma.repository.findUnique({
    where: { id },
    select: {
      ...repositoryFields,
      installation: { select: { accountLogin: true, accountKind: true, suspendedAt: true } },
      settings: true,
      labels: { select: { name: true, color: true }, orderBy: { name: 'asc' } },
      workflowRuns: { select: { startedAt: true, conclusion: true }, orderBy: { startedAt: 'desc' }, take: 1 },
    },
  })
  if (repository === null) throw new HttpError(404, `There is no repository ${id}.`)
  const { workflowRuns, ...rest } = repository
  const [lastRun = null] = workflowRuns
  return { ...rest, lastRun, failureRate: await failureRate(prisma, id, lastRun?.startedAt) }
}

async function failureRate(prisma: PrismaClient, repositoryId: string, until = new Date()): Promise<number> {
  const rows = await prisma.$queryRaw<{ rate: number }[]>`
    select "failureRate"(s."repositoryId", ${until}::timestamp - make_interval(days => s."windowDays")) as "rate"
    from "RepositorySettings" s
    where s."repositoryId" = ${repositoryId}`
  return rows[0]?.rate ?? 0
}
