/** Loaded before everything else: takes the guard away that the environment names, in the source as it is loaded. */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { applyEdits } from './mutant.ts'
import { sourceMutants } from './source-mutants.ts'

const mutant = sourceMutants.find(({ name }) => name === process.env['PARTYWALL_HTTP_MUTANT'])
if (mutant === undefined) throw new Error('PARTYWALL_HTTP_MUTANT names no mutant.')

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context)
    if (!url.endsWith(`/packages/${mutant.file}`)) return loaded
    const source = readFileSync(new URL(url), 'utf8')
    return { ...loaded, source: applyEdits(source, mutant.edits, mutant.file) }
  },
})
