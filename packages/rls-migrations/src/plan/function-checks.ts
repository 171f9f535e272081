import { createHash } from 'node:crypto'
import { quoteLiteral } from '../sql/identifier.ts'
import type { Check } from './step.ts'

/**
 * A check for each function that the SQL creates: its very text, whose rights it runs with, and where it looks names up.
 * An accessor that somebody declared IMMUTABLE, or gave a fallback, is a leak.
 */
export function functionChecks(sql: string): readonly Check[] {
  const pattern =
    /create (?:or replace )?function ("[^"]+"\.\w+)\(([^)]*)\)([\s\S]*?)as \$function\$([\s\S]*?)\$function\$/g
  return [...sql.matchAll(pattern)].map(([, name = '', parameters = '', options = '', body = '']) => {
    const types = parameters.split(',').map((parameter) => parameter.trim().split(/\s+/).slice(1).join(' '))
    const signature = `${name}(${types.filter((type) => type !== '').join(', ')})`
    const hash = createHash('md5').update(body).digest('hex')
    const volatility = /\b(?:immutable|stable)\b/.exec(options)?.[0].charAt(0) ?? 'v'
    const settings = [...options.matchAll(/\bset (\w+) = (.*)$/gm)].map(([, setting = '', value = '']) =>
      quoteLiteral(`${setting}=${value.trim()}`),
    )
    const config = settings.length === 0 ? 'p.proconfig is null' : `p.proconfig = array[${settings.join(', ')}]`
    return {
      object: `function ${signature.replaceAll('"', '')}`,
      sql: `exists (select from pg_proc p where p.oid = to_regprocedure(${quoteLiteral(signature)}) and md5(p.prosrc) = '${hash}' and p.provolatile = '${volatility}' and p.prosecdef = ${/\bsecurity definer\b/.test(options)} and ${config} and not p.proleakproof)`,
    }
  })
}
