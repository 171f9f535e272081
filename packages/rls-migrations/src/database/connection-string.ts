import { Client, type ClientConfig } from 'pg'
import { TenancyError } from '@partywall/tenancy-core'

/**
 * A client for a connection string that somebody typed.
 *
 * @throws TenancyError `DATABASE_URL_INVALID` when it is none that the driver can read.
 */
export function clientFor(url: string, options: Omit<ClientConfig, 'connectionString'>): Client {
  return readingUrl(url, () => {
    // The driver would take words of libpq as the name of a database.
    if (!/^([a-z]+:\/\/|socket:|\/)/i.test(url)) throw new Error('a connection string starts with postgres://')
    return new Client({ ...options, connectionString: url })
  })
}

/**
 * Runs what reads a connection string.
 *
 * @throws TenancyError `DATABASE_URL_INVALID` when that fails.
 */
export function readingUrl<Result>(url: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    // The error is not kept as the cause: it may hold the whole string, password included.
    const reason = error instanceof Error ? error.message : String(error)
    throw new TenancyError(
      'DATABASE_URL_INVALID',
      `${JSON.stringify(withoutPassword(url))} is no connection string: ${reason}. Write postgres://user:password@host:port/database, with every special character of the password encoded (encodeURIComponent).`,
    )
  }
}

/**
 * The connection string as it may be shown. Rather too much is left out than too little: a password that was not
 * encoded may hold any of the characters that end it.
 */
export function withoutPassword(url: string): string {
  return url
    .replace(/^([a-z]+:\/\/)([^:@/?#]*):.*@/is, '$1$2:***@')
    .replaceAll(/([?&][^=&?#]*(?:password|secret|token)[^=&?#]*=)[^&]*/gi, '$1***')
    .replaceAll(/(\b\w*(?:password|secret|token)\w*\s*=\s*)('(?:[^'\\]|\\.)*'?|[^\s&]+)/gi, '$1***')
}

/**
 * The login that a connection string names.
 *
 * @throws TenancyError `DATABASE_URL_INVALID` when it is none that the driver can read.
 */
export function loginOf(url: string): string | undefined {
  return clientFor(url, {}).user
}
