import type { ErrorRequestHandler } from 'express'
import * as z from 'zod'

/** The one place where errors of the service become answers: `{ error: { status, message } }`. */
// Express knows an error handler by its four parameters.
// oxlint-disable-next-line max-params
export const answerError: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) return next(error)
  const { status, message } = describeError(error)
  if (status >= 500) request.log.error(error)
  response.status(status).json({ error: { status, message } })
}

function describeError(error: unknown): { status: number; message: string } {
  if (error instanceof z.ZodError) return { status: 400, message: z.prettifyError(error) }
  const { code, status, message } = error as { code?: unknown; status?: unknown; message?: string }
  // https://www.postgresql.org/docs/current/errcodes-appendix.html
  if (code === '23505') return { status: 409, message: 'It exists already.' }
  if (typeof status === 'number' && status < 500) return { status, message: message ?? 'Refused.' }
  return { status: 500, message: 'Something went wrong here. It was logged.' }
}
