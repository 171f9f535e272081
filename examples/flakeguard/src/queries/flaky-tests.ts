import type { PrismaClient } from '../../generated/client.ts'

/** One line of {@link listFlakyTests}. */
export interface FlakyTest {
  readonly testCaseId: string
  readonly suite: string
  readonly name: string
  readonly runs: number
  readonly failures: number
  readonly failureRate: number
  readonly lastFailedAt: Date
  readonly quarantined: boolean
  readonly openTasks: number
}

/** The tests of a repository that fail more often than its settings tolerate, worst first. */
export async function listFlakyTests(
  prisma: PrismaClient,
  query: { repositoryId: string; limit: number },
): Promise<FlakyTest[]> {
  return await prisma.$queryRaw<FlakyTest[]>`
    select f."testCaseId", f."suite", f."name", f."runs", f."failures", f."failureRate", f."lastFailedAt", f."quarantined",
      (select count(*) from "Task" t where t."testCaseId" = f."testCaseId" and t."status" in ('open', 'in_progress'))::integer
        as "openTasks"
    from "FlakiestTests" f
    join "RepositorySettings" s on s."repositoryId" = f."repositoryId"
    where f."repositoryId" = ${query.repositoryId} and f."failureRate" >= s."flakeThreshold"
    order by f."failureRate" desc, f."testCaseId"
    limit ${query.limit}`
}
