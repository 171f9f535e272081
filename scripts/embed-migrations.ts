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
    .filter((file) => file.endsWith('.up.sql'))
    .map((file) => file.replace(/\.up\.sql$/, ''))
    .toSorted()
  const entries = names.map((name) => {
    const read = (direction: string): string =>
      JSON.stringify(readFileSync(join(directory, `${name}.${direction}.sql`), 'utf8'))
    return `  {\n    name: ${JSON.stringify(name)},\n    up: ${read('up')},\n    down: ${read('down')},\n  },`
  })
  return `// Written by scripts/embed-migrations.ts from migrations/*.sql. Do not edit.\n\n/** The control-plane schema, in order. */\nexport const migrations: readonly { readonly name: string; readonly up: string; readonly down: string }[] = [\n${entries.join('\n')}\n]\n`
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
