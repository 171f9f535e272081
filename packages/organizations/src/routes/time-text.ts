import * as z from 'zod'

/** A time as JSON carries it. */
export const timeSchema: z.ZodType<string> = z.string().meta({
  format: 'date-time',
  description: 'A time after ISO 8601, in UTC',
})

/** The text of a time that may be missing. */
export function timeText(time: Date | null): string | null {
  return time === null ? null : time.toISOString()
}
