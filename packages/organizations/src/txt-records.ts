import { Resolver } from 'node:dns/promises'
import { TenancyError } from '@partywall/tenancy-core'

/** Looks up the TXT records of a name. The default is the resolver of the system. */
export interface TxtResolver {
  /** The records, each of its strings; rejects with a `code` of `node:dns`. */
  resolveTxt(name: string): Promise<readonly (readonly string[])[]>
}

const timeoutMs = 3000
/** The name is not there, or has no such record: an answer, and no failure. */
const nothing: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA'])
/** No record of ours is longer, and of many the first suffice. */
const maxRecords = 100

/** Asks the name servers of the system, for at most some seconds. */
export function systemResolver(): TxtResolver {
  return { resolveTxt: (name) => new Resolver({ timeout: timeoutMs, tries: 2 }).resolveTxt(name) }
}

/**
 * The records of a name that begin with a prefix: who can write others sends no more than that.
 *
 * @throws {TenancyError} `DOMAIN_LOOKUP_FAILED` when there was no answer.
 */
export async function txtRecords(resolver: TxtResolver, name: string, prefix: string): Promise<readonly string[]> {
  try {
    const records = await resolver.resolveTxt(name)
    return records
      .map((strings) => strings.join(''))
      .filter((text) => text.startsWith(prefix) && text.length <= 100)
      .slice(0, maxRecords)
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code
    if (nothing.has(code)) return []
    throw new TenancyError(
      'DOMAIN_LOOKUP_FAILED',
      `The name servers gave no answer about ${name}. Nothing was changed. Ask again later.`,
      { details: { name, reason: code }, cause: error },
    )
  }
}
