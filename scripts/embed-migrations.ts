/**
 * Writes the SQL of `migrations/` and the constraints of its end state into a module, so that an installed package reads nothing from disk. With `--check`
 * it only says whether the module is current.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const target = join(root, 'packages/rls-migrations/src/generated/migrations.ts')

const isTable = (relation: string | undefined): boolean => relation?.startsWith('r; ') === true

const isNeverNull = (column: string): boolean => column.split('; ')[2] === 't'

/** The constraint, unique index or NOT NULL that an object of the end state is. */
function constraintOf(objects: Readonly<Record<string, string>>, object: string, text: string): readonly object[] {
  const [, kind = '', first = '', second = ''] = /^(\w+) partywall\.([^.]+)(?:\.(.+))?$/.exec(object) ?? []
  switch (kind) {
    case 'constraint':
      return [{ kind, relation: first, name: second, definition: text.replace(/; t\b.*$/, '') }]
    case 'index': {
      const [, relation = ''] = /^CREATE UNIQUE .*? ON partywall\.(\w+) /.exec(text) ?? []
      // That of a constraint is the constraint.
      if (relation === '' || `constraint partywall.${relation}.${first}` in objects) return []
      return [{ kind, relation, name: first, definition: text.replace(/; t;.*$/, '') }]
    }
    case 'column':
      return isNeverNull(text) && isTable(objects[`relation partywall.${first}`])
        ? [{ kind, relation: first, name: second, definition: 'NOT NULL' }]
        : []
    default:
      return []
  }
}

/** What the tables of the control plane refuse in the end: constraints, unique indexes, and columns that are never NULL. */
function constraints(): string {
  const objects = JSON.parse(readFileSync(join(root, 'migrations/schema.expected.json'), 'utf8')) as Record<
    string,
    string
  >
  const entries = Object.entries(objects).flatMap(([object, text]) => constraintOf(objects, object, text))
  const type =
    'readonly { readonly kind: string; readonly relation: string; readonly name: string; readonly definition: string }[]'
  const lines = entries.map((entry) => `  ${JSON.stringify(entry)},`).join('\n')
  return `/** What its tables refuse, as the server prints it in a schema partywall. */\nexport const controlPlaneConstraints: ${type} = [\n${lines}\n]\n`
}

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
  return `// Written by scripts/embed-migrations.ts from migrations/. Do not edit.\n\n/** The control-plane schema, in order. */\nexport const migrations: readonly { readonly name: string; readonly up: string; readonly down: string }[] = [\n${entries.join('\n')}\n]\n\n/** The optional part: tokens in place of bare ids. */\nexport const sealedContext: { readonly up: string; readonly down: string } = ${sealed}\n\n${constraints()}`
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
