import { STATUS_CODES } from 'node:http'
import type { Json } from './openapi.ts'

/** The response of a status that refuses, with its codes. */
export function refused(
  status: number,
  codes: readonly string[],
): { readonly description: string; readonly content: Json } {
  return {
    description: `${STATUS_CODES[status] ?? 'Refused'}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}
