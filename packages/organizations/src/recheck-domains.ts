import * as z from 'zod'
import { inTransaction, isTenancyError } from '@partywall/tenancy-core'
import type { Actor } from '@partywall/tenancy-core'
import type { ControlPlane } from './control-plane.ts'
import type { DomainCheck } from './domains.ts'
import { recordLabel, recordPrefix } from './email-domain.ts'
import { explained } from './explain-refusal.ts'
import { parseInput } from './parse-input.ts'
import { txtRecords } from './txt-records.ts'
import type { TxtResolver } from './txt-records.ts'
import { inTheNameOf } from './write-control-plane.ts'

const requestSchema = z.strictObject({
  olderThanSeconds: z.number().int().min(0).max(2_147_483_647).default(604_800),
  limit: z.number().int().min(1).max(1000).default(100),
})

/** Where domains are kept, and who is asked for their records. */
export interface DomainPlane extends ControlPlane {
  readonly dns: TxtResolver
}

/** So many name servers are asked at the same time. */
const lookupsAtOnce = 8

interface Due {
  readonly organizationId: string
  readonly domain: string
  readonly challenge: string
}

type Outcome = 'verified' | 'lapsed' | 'unanswered'

/** Looks the records of verified domains up again, without a transaction while name servers answer. */
export async function recheckDomains(
  plane: DomainPlane,
  {
    actor,
    ...request
  }: { readonly actor: Actor; readonly olderThanSeconds?: number | undefined; readonly limit?: number | undefined },
): Promise<DomainCheck> {
  const { olderThanSeconds, limit } = parseInput(requestSchema, request, 'DOMAIN_INVALID')
  const { tenancy, control } = plane
  return await explained({}, () =>
    tenancy.operator({ reason: 'check domains', actor }, async (pool) => {
      const { rows } = await pool.query<Due>(
        `select organization_id::text as "organizationId", domain, challenge from ${control}.domains
         where status = 'verified' and checked_at <= pg_catalog.now() - pg_catalog.make_interval(secs => $1)
         order by checked_at, domain limit $2`,
        [olderThanSeconds, limit],
      )
      const found: (readonly [string, Outcome])[] = []
      for (let at = 0; at < rows.length; at += lookupsAtOnce) {
        const part = rows.slice(at, at + lookupsAtOnce)
        const outcomes = await Promise.all(part.map((due) => lookUp(plane, due)))
        for (const [place, due] of part.entries()) {
          const outcome = outcomes[place] ?? 'unanswered'
          found.push([due.domain, outcome])
          // The challenge is asked for as well: one that was released and claimed again meanwhile has another.
          if (outcome !== 'unanswered')
            await inTransaction(tenancy, undefined, (run) =>
              inTheNameOf(actor, run)(sqlOf(control, outcome), [due.organizationId, due.domain, due.challenge]),
            )
        }
      }
      const of = (wanted: Outcome): readonly string[] =>
        found.filter(([, outcome]) => outcome === wanted).map(([domain]) => domain)
      return { verified: of('verified').length, lapsed: of('lapsed'), unanswered: of('unanswered') }
    }),
  )
}

async function lookUp({ dns }: DomainPlane, { domain, challenge }: Due): Promise<Outcome> {
  try {
    const seen = await txtRecords(dns, `${recordLabel}.${domain}`, recordPrefix)
    return seen.includes(challenge) ? 'verified' : 'lapsed'
  } catch (error) {
    // One zone that does not answer keeps no other from being looked up.
    if (isTenancyError(error, 'DOMAIN_LOOKUP_FAILED')) return 'unanswered'
    throw error
  }
}

function sqlOf(control: string, outcome: 'verified' | 'lapsed'): string {
  const change = outcome === 'lapsed' ? `, status = 'pending', verified_at = null` : ''
  return `update ${control}.domains set checked_at = pg_catalog.clock_timestamp(), updated_at = pg_catalog.clock_timestamp()${change}
    where organization_id::text = $1 and domain = $2 and challenge = $3 and status = 'verified'`
}
