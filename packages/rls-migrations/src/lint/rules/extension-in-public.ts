import type { CatalogRule } from '../../verify/catalog-rule.ts'

export const extensionInPublic: CatalogRule = {
  name: 'extension-in-public',
  promise: 'extensions have a schema of their own',
  risk: 'What an extension brings lies among the objects of the host, where the application may call all of it.',
  remedy: 'Move it: ALTER EXTENSION ... SET SCHEMA, with that schema in the search path of the service.',
  severity: 'info',
  since: 'install',
  query: () => ({
    text: `
      select '' as "table", format('extension %s', e.extname) as object, 'it is in the schema public' as detail
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace where n.nspname = 'public'`,
    values: [],
  }),
}
