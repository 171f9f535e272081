import { domainToASCII } from 'node:url'
import * as z from 'zod'
import type { DomainPolicy } from './domains.ts'
import { isPublicEmailDomain } from './public-email-domains.ts'

/** The label below which the record stands that proves a domain. */
export const recordLabel = '_partywall'

/** What every record of ours begins with. */
export const recordPrefix = 'partywall-verification='

/** A name of the DNS has 253 characters, with the label before it. */
const maxLength = 242
const form = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The form in which domains are compared: in lower case, in ASCII (Punycode), without the dot at the end; `undefined` for
 * what is no domain of e-mail addresses.
 */
export function normalizeDomain(text: string): string | undefined {
  // The function takes a host out of what is part of a URL.
  if (/[/\\:?#@%[\]]/.test(text)) return undefined
  const domain = domainToASCII(text.trim().normalize('NFC')).toLowerCase().replace(/\.$/, '')
  return domain.length <= maxLength && form.test(domain) ? domain : undefined
}

/** The domain of an address, normalised. */
export function domainOf(email: string): string | undefined {
  return normalizeDomain(email.slice(email.lastIndexOf('@') + 1))
}

/** A domain as it is stored. */
export const storedDomainSchema: z.ZodType<string, string> = z.string().max(maxLength).regex(form)

/** What an address of a domain may be good for. */
export const domainPolicySchema: z.ZodType<DomainPolicy, DomainPolicy> = z.enum(['manual', 'suggestion', 'automatic'])

/** A domain that an organization can have: its own, and not one that anybody gets an address of. */
export const ownDomainSchema: z.ZodType<string, string> = z
  .string()
  .max(1000)
  .transform((text, context) => {
    const domain = normalizeDomain(text)
    if (domain !== undefined && !isPublicEmailDomain(domain)) return domain
    const message =
      domain === undefined
        ? 'Expected a domain, as in example.com'
        : 'Expected a domain of the organization, not one where anybody gets an address'
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
