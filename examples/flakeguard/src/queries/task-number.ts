import type { Prisma } from '../../generated/client.ts'
import { HttpError } from '../http-error.ts'

/**
 * Takes the next task number of a repository. The row it counts on stays locked until the transaction ends, so that
 * numbers have no duplicates.
 *
 * @throws HttpError 404 when there is no such repository.
 */
export async function takeTaskNumber(tx: Prisma.TransactionClient, repositoryId: string): Promise<number> {
  const rows = await tx.$queryRaw<{ number: number | null }[]>`select "nextTaskNumber"(${repositoryId}) as "number"`
  const number = rows[0]?.number ?? null
  if (number === null) throw new HttpError(404, `There is no repository ${repositoryId}.`)
  return number
}
