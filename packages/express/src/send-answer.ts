import type { Request, Response } from 'express'
import { answerProblem } from '@partywall/tenancy-core/http'
import type { Answer } from '@partywall/tenancy-core/http'

/** Sends what the core answers. */
export function sendAnswer(response: Response, { status, headers, body }: Answer): void {
  response.status(status).set(headers)
  // As bytes: Express would add a charset to the content type of a text.
  response.end(body === undefined ? undefined : Buffer.from(body))
}

/** Answers an error with its problem document, and logs what the caller is not told. */
export function sendProblem(
  error: unknown,
  { request, response, allow }: { readonly request: Request; readonly response: Response; readonly allow?: string },
): void {
  const answer = answerProblem(error, { requestId: requestIdOf(request), allow })
  if (answer.status >= 500) logOf(request).error(error)
  sendAnswer(response, answer)
}

interface ErrorLog {
  error(error: unknown): void
}

/** What `pino-http` and its like have set; else the console, as Express does for errors that nobody handles. */
function logOf(request: Request): ErrorLog {
  const { log } = request as { log?: Partial<ErrorLog> | undefined }
  return typeof log?.error === 'function' ? (log as ErrorLog) : console
}

/** What `pino-http` and its like have set. */
function requestIdOf(request: Request): string | undefined {
  const { id } = request as { id?: unknown }
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined
}
