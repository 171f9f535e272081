/**
 * Writes the SQL of `migrations/` into a module, so that an installed package reads nothing from disk. With `--check`
 * it only says whether the module is current.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const target = join(root, 'packages/rls-migrations/src/generated/migrations.ts')

/** The module's text, for the files as they are. */
export function embeddedMigrations(): string {
  const directory = join(root, 'migrations')
  const names = readdirSync(directory)
    .filter((file) => /^\d.*\.up\.sql$/.test(file))
    .map((file) => file.replace(/\.up\.sql$/, ''))
    .toSorted()
  const read = (name: string, direction: 'up' | 'down'): string =>
    JSON.stringify(readFileSync(join(directory, `${name}.${direction}.sql`), 'utf8'))
  const entries = names.map(
    (name) =>
      `  {\n    name: ${JSON.stringify(name)},\n    up: ${read(name, 'up')},\n    down: ${read(name, 'down')},\n  },`,
  )
  const sealed = `{\n  up: ${read('sealed_context', 'up')},\n  down: ${read('sealed_context', 'down')},\n}`
  return `// Written by scripts/embed-migrations.ts from migrations/*.sql. Do not edit.\n\n/** The control-plane schema, in order. */\nexport const migrations: readonly { readonly name: string; readonly up: string; readonly down: string }[] = [\n${entries.join('\n')}\n]\n\n/** The optional part: tokens in place of bare ids. */\nexport const sealedContext: { readonly up: string; readonly down: string } = ${sealed}\n`
}

if (import.meta.main) {
  const text = embeddedMigrations()
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== text) {
      console.error('The embedded migrations are not current. Run: node scripts/embed-migrations.ts')
      process.exitCode = 1
    }
  } else {
    writeFileSync(target, text)
  }
}
