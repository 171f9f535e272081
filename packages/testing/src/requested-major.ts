import { TenancyError } from '@partywall/tenancy-core'
import type { PostgresMajor } from './postgres-binaries.ts'

const majors: readonly PostgresMajor[] = [13, 14, 15, 16, 17, 18]

/**
 * Reads the value of PARTYWALL_TEST_POSTGRES_MAJOR.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when it is no major version that is supported.
 */
export function requestedMajor(value: string | undefined): PostgresMajor | undefined {
  if (value === undefined || value === '') return undefined
  const major = majors.find((candidate) => String(candidate) === value)
  if (major !== undefined) return major
  throw new TenancyError(
    'POSTGRES_UNAVAILABLE',
    `PARTYWALL_TEST_POSTGRES_MAJOR is "${value}": use one of ${majors.join(', ')}.`,
    { details: { value } },
  )
}
