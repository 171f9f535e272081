import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The entry points of a package, taken from its `exports`, so that what is built is what is declared. */
export function entries(directory: string): Record<string, string> {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { 'partywall-source'?: string; default: string }>
    bin?: Record<string, string>
  }
  const found: Record<string, string> = {}
  for (const target of Object.values(manifest.exports)) {
    if (typeof target === 'string' || !target['partywall-source']) continue
    found[target.default.replace(/^\.\/dist\//, '').replace(/\.js$/, '')] = join(directory, target['partywall-source'])
  }
  for (const output of Object.values(manifest.bin ?? {})) {
    const name = output.replace(/^\.\/dist\//, '').replace(/\.js$/, '')
    found[name] = join(directory, 'src', `${name}.ts`)
  }
  return found
}
