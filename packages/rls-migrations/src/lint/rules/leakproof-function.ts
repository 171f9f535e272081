import type { CatalogRule } from '../../verify/catalog-rule.ts'
import { ofExtension } from '../walled-tables.ts'

export const leakproofFunction: CatalogRule = {
  name: 'leakproof-function',
  promise: 'no function of the host runs below the policies',
  risk: 'The server runs it on rows of all organizations before it asks the policy: an error or a notice tells what is in them.',
  remedy: 'Take LEAKPROOF from it.',
  severity: 'warning',
  since: 'install',
  query: () => ({
    text: `
      select '' as "table", format('function %s', p.oid::regprocedure) as object, 'it is LEAKPROOF' as detail,
             array[format('alter function %s not leakproof', p.oid::regprocedure)] as fix
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.proleakproof and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not ${ofExtension('pg_proc', 'p.oid')}`,
    values: [],
  }),
}
