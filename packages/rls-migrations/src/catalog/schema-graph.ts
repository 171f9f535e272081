import type { QualifiedName } from '../sql/identifier.ts'
import type { Catalog, ForeignKey, Table, View } from './catalog.ts'

/** A foreign key and the table that holds it. */
export interface Reference {
  readonly table: Table
  readonly key: ForeignKey
}

/** Finds relations by their name, and who references them, in one look: a schema of a thousand tables is asked often. */
export class SchemaGraph {
  readonly #tables: ReadonlyMap<string, Table>
  readonly #views: ReadonlyMap<string, View>
  readonly #references = new Map<string, Reference[]>()

  constructor(catalog: Pick<Catalog, 'tables' | 'views' | 'outside'>) {
    this.#tables = byName(catalog.tables)
    this.#views = byName(catalog.views)
    for (const table of [...catalog.tables, ...catalog.outside.tables]) {
      for (const key of table.foreignKeys) {
        const name = pathOf(key.references)
        const known = this.#references.get(name)
        if (known === undefined) this.#references.set(name, [{ table, key }])
        else known.push({ table, key })
      }
    }
  }

  /** Undefined for a table of a schema that is not converted. */
  table(name: QualifiedName): Table | undefined {
    return this.#tables.get(pathOf(name))
  }

  view(name: QualifiedName): View | undefined {
    return this.#views.get(pathOf(name))
  }

  /** Foreign keys of any table at this one, of schemas that are not converted as well. */
  referencesTo(name: QualifiedName): readonly Reference[] {
    return this.#references.get(pathOf(name)) ?? []
  }
}

/** A name as the key of a map: no identifier holds a NUL. */
export function pathOf({ schema, name }: QualifiedName): string {
  return `${schema}\0${name}`
}

export function byName<Named extends QualifiedName>(objects: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(objects.map((one) => [pathOf(one), one]))
}
