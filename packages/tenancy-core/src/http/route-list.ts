import type * as z from 'zod'

/** How a route lists: the handler gives one item more than asked, where there is one, and the core cuts the page. */
export interface ListDescription {
  /** What the items are sorted by, in words that change when the order does: a cursor of another order is refused. */
  readonly sort: string
  /** The position behind an item, as JSON can carry it: the values of the sort key. */
  readonly positionOf: (item: never) => unknown
  /** What a position looks like. */
  readonly position: z.ZodType
  /** @defaultValue 50 */
  readonly defaultLimit?: number | undefined
  /** @defaultValue 200 */
  readonly maxLimit?: number | undefined
}

/** The part of a list that a request asks for. */
export interface Page {
  /** Give at most this many items: one more than the answer holds, which tells whether there is a next page. */
  readonly take: number
  /** The position that the page before ended with. */
  readonly after: unknown
}

/** The default of a limit and its maximum. */
export function limitsOf({ defaultLimit = 50, maxLimit = 200 }: ListDescription): { default: number; max: number } {
  return { default: defaultLimit, max: maxLimit }
}
