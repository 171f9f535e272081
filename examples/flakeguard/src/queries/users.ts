import type { PrismaClient } from '../../generated/client.ts'
import { HttpError } from '../http-error.ts'

/**
 * The caller, with what waits for them.
 *
 * @throws HttpError 404 when the user of a still valid token is gone.
 */
export async function findMe(prisma: PrismaClient, userId: string) {
  const user = await prisma.user.findUnique({
    where: { id: userId },
    select: {
      id: true,
      login: true,
      email: true,
      name: true,
      _count: {
        select: {
          notifications: { where: { readAt: null } },
          assignedTasks: { where: { status: { in: ['open', 'in_progress'] } } },
        },
      },
    },
  })
  if (user === null) throw new HttpError(404, 'Your user no longer exists.')
  const { _count: waiting, ...rest } = user
  return { ...rest, unreadNotifications: waiting.notifications, openTasks: waiting.assignedTasks }
}
