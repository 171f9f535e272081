import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { TenancyError } from '../tenancy-error.ts'

/** What a cursor is good for: it is refused anywhere else. */
export interface CursorBinding {
  /** The organization, or the person on routes of a person. */
  readonly owner: string
  /** Method and path, as the route has them. */
  readonly route: string
  /** The rest of the query. */
  readonly filter: unknown
  readonly sort: string
}

/** Writes and reads cursors that only this service can write. */
export interface Cursors {
  /**
   * Writes where a page ended, for the client to send back.
   *
   * @example
   * ```ts
   * const binding = { owner: organizationId, route: 'GET /members', filter: {}, sort: 'userId' }
   * const nextCursor = createCursors(undefined).write(['ada'], binding)
   * ```
   */
  write(position: unknown, binding: CursorBinding): string

  /**
   * Reads where the page before ended.
   *
   * @throws {TenancyError} `CURSOR_INVALID` for one that was changed, or written for something else.
   *
   * @example
   * ```ts
   * const binding = { owner: organizationId, route: 'GET /members', filter: {}, sort: 'userId' }
   * createCursors(undefined).read('made-up', binding) // TenancyError CURSOR_INVALID
   * ```
   */
  read(cursor: string, binding: CursorBinding): unknown
}

const minKeyBytes = 32
const macBytes = 16
const maxLength = 2000

/**
 * Cursors that are signed with HMAC-SHA-256 over the position and what they are good for. Without a key they are signed
 * with a random one: they end with the process, and another node refuses them.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for a key of less than 32 bytes.
 *
 * @example
 * ```ts
 * const cursors = createCursors(process.env.CURSOR_KEY)
 * const binding = { owner: organizationId, route: 'GET /members', filter: {}, sort: 'userId' }
 * const cursor = cursors.write(['ada'], binding)
 * cursors.read(cursor, binding) // ['ada']
 * cursors.read(cursor, { ...binding, owner: 'another' }) // TenancyError CURSOR_INVALID
 * ```
 */
export function createCursors(key: string | undefined): Cursors {
  if (key !== undefined && Buffer.byteLength(key) < minKeyBytes) {
    throw new TenancyError('CONFIGURATION_INVALID', `cursorKey has less than ${minKeyBytes} bytes. Pass a longer one.`)
  }
  const secret = key ?? randomBytes(minKeyBytes)
  const sign = (position: string, { owner, route, filter, sort }: CursorBinding): Buffer =>
    createHmac('sha256', secret)
      // As one JSON text, so that no part can be taken for the end of the one before.
      .update(JSON.stringify(['partywall-cursor-1', owner, route, sortedKeys(filter), sort, position]))
      .digest()
      .subarray(0, macBytes)
  return {
    write: (position, binding) => {
      const text = JSON.stringify(position)
      return Buffer.concat([sign(text, binding), Buffer.from(text)]).toString('base64url')
    },
    read: (cursor, binding) => {
      const bytes = Buffer.from(cursor.slice(0, maxLength), 'base64url')
      const text = bytes.subarray(macBytes).toString()
      const mac = bytes.subarray(0, macBytes)
      // Decoding forgives characters that do not belong; the same cursor in another writing is not the same.
      const genuine = mac.length === macBytes && bytes.toString('base64url') === cursor
      if (!genuine || !timingSafeEqual(mac, sign(text, binding))) throw cursorInvalid()
      return JSON.parse(text) as unknown
    },
  }
}

/** The refusal of every cursor that cannot be used, whatever the reason. */
export function cursorInvalid(): TenancyError {
  return new TenancyError(
    'CURSOR_INVALID',
    'The cursor was not written for this list, or no longer holds. Begin at the first page, with the filter that you want.',
  )
}

/** The order in which a client writes its parameters does not matter. */
function sortedKeys(filter: unknown): unknown {
  if (typeof filter !== 'object' || filter === null) return filter
  return Object.entries(filter).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
