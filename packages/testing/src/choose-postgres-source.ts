import { TenancyError } from '@partywall/tenancy-core'
import type { PostgresSource } from './postgres-server.ts'

const sources: readonly PostgresSource[] = ['environment', 'testcontainers', 'embedded']

/** What the choice depends on. */
export interface SourceFacts {
  /** What the caller asked for in code. */
  readonly requested?: PostgresSource | undefined
  /** The value of PARTYWALL_TEST_POSTGRES. */
  readonly forced?: string | undefined
  /** The value of PARTYWALL_TEST_DATABASE_URL. */
  readonly databaseUrl?: string | undefined
  /** Whether Docker answers and has the image; undefined when no one looked yet. */
  readonly imagePresent?: boolean | undefined
}

/**
 * Chooses where the server comes from: what the caller asks for, else what PARTYWALL_TEST_POSTGRES forces, else the
 * first that is there of PARTYWALL_TEST_DATABASE_URL, Docker with the image, embedded binaries. Returns `'look'` when
 * the choice depends on Docker and `imagePresent` isn't known, so that Docker is asked only then.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when an unknown source is forced, or the environment has no URL.
 */
export function choosePostgresSource(facts: SourceFacts): PostgresSource | 'look' {
  const source = facts.requested ?? forcedSource(facts.forced)
  if (source === 'environment' && !facts.databaseUrl)
    throw new TenancyError(
      'POSTGRES_UNAVAILABLE',
      'The source "environment" needs PARTYWALL_TEST_DATABASE_URL: set it to the URL of a superuser.',
      {
        details: { source },
      },
    )
  if (source !== undefined) return source
  if (facts.databaseUrl) return 'environment'
  if (facts.imagePresent === undefined) return 'look'
  return facts.imagePresent ? 'testcontainers' : 'embedded'
}

function forcedSource(forced: string | undefined): PostgresSource | undefined {
  if (forced === undefined || forced === '') return undefined
  const source = sources.find((candidate) => candidate === forced)
  if (source === undefined)
    throw new TenancyError(
      'POSTGRES_UNAVAILABLE',
      `PARTYWALL_TEST_POSTGRES is "${forced}": use one of ${sources.join(', ')}.`,
      {
        details: { forced },
      },
    )
  return source
}
