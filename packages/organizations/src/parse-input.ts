import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import type { ErrorCode } from './error-codes.ts'

/** @throws {TenancyError} with that code and every problem in `details.issues`. */
export function parseInput<Output>(schema: z.ZodType<Output>, input: unknown, code: ErrorCode): Output {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`)
  throw new TenancyError(code, `${issues.join('; ')}.`, { details: { issues }, cause: parsed.error })
}
