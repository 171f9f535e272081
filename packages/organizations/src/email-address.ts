import * as z from 'zod'

/**
 * The form in which addresses are compared: blanks around it gone, Unicode composed (NFC), all of it in lower case. `+tags`
 * and dots stay: to most servers they are other mailboxes, and taking them away would let one person accept for another.
 *
 * @example
 * ```ts
 * normalizeEmail(' Bob+Flake@Example.COM ') // 'bob+flake@example.com'
 * ```
 */
export function normalizeEmail(address: string): string {
  return address.trim().normalize('NFC').toLowerCase()
}

export const emailSchema: z.ZodType<string, string> = z
  .string()
  .max(1000)
  .transform((address) => normalizeEmail(address))
  .refine((address) => isAddress(address), 'Expected an e-mail address: one @, no blanks, up to 320 characters')

function isAddress(address: string): boolean {
  if (!/^[^@\s\p{Cc}\p{Cf}]{1,64}@[^@\s\p{Cc}\p{Cf}]{1,255}$/u.test(address)) return false
  return !/(?:^|\.)(?:\.|$)/.test(address.slice(address.lastIndexOf('@') + 1))
}
