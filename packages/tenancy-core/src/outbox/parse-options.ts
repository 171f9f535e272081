import type * as z from 'zod'
import { TenancyError } from '../tenancy-error.ts'

/** @throws {TenancyError} `CONFIGURATION_INVALID` with every problem in `details.issues`. */
export function parseOptions<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`)
  throw new TenancyError('CONFIGURATION_INVALID', `${issues.join('; ')}.`, { details: { issues }, cause: result.error })
}
