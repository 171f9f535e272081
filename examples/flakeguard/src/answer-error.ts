import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'

/** The one place where errors become answers: `{ error: { status, message } }`. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, message } = describeError(error)
  if (status >= 500) request.log.error(error)
  return reply.status(status).send({ error: { status, message } })
}

function describeError(error: unknown): { status: number; message: string } {
  if (error instanceof z.ZodError) return { status: 400, message: z.prettifyError(error) }
  const { code, statusCode, message } = error as Partial<FastifyError>
  // https://www.prisma.io/docs/orm/reference/error-reference
  if (code === 'P2002') return { status: 409, message: 'It exists already.' }
  if (code === 'P2003') return { status: 422, message: 'It refers to something that does not exist.' }
  if (code === 'P2025') return { status: 404, message: 'There is no such thing.' }
  if (statusCode !== undefined && statusCode < 500) return { status: statusCode, message: message ?? 'Refused.' }
  return { status: 500, message: 'Something went wrong here. It was logged.' }
}
