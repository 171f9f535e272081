import { AliasNode, IdentifierNode, TableNode } from 'kysely'
import type { OperationNode, SchemableIdentifierNode } from 'kysely'
import { TenancyError } from '../tenancy-error.ts'

interface TableName {
  readonly schema: string | undefined
  readonly name: string
}

/** The tables that carry the tenant column. */
export class TenantTableList {
  readonly #byName = new Map<string, (string | undefined)[]>()

  constructor(tables: readonly string[]) {
    for (const { schema, name } of tables.map(parseTableName)) {
      this.#byName.set(name, [...(this.#byName.get(name) ?? []), schema])
    }
  }

  /** A schema counts where both sides name one: without it, only the server knows what `search_path` finds. */
  has(table: SchemableIdentifierNode): boolean {
    const schemas = this.#byName.get(table.identifier.name)
    const schema = table.schema?.name
    return schemas !== undefined && (schema === undefined || schemas.some((own) => own === undefined || own === schema))
  }
}

/** A table where rows are read from or written to, and the name under which the query refers to it. */
export interface TableUse {
  readonly table: TableNode
  readonly qualifier: TableNode
}

/** The table that `node` names, if it names one: a subquery, a function or raw SQL does not. */
export function tableUseOf(node: OperationNode): TableUse | undefined {
  if (TableNode.is(node)) return { table: node, qualifier: node }
  if (!AliasNode.is(node) || !TableNode.is(node.node)) return undefined
  if (IdentifierNode.is(node.alias)) return { table: node.node, qualifier: TableNode.create(node.alias.name) }
  throw new TenancyError(
    'STATEMENT_UNSUPPORTED',
    `The alias of table "${node.node.table.identifier.name}" is raw SQL, so its tenant column cannot be named; nothing ` +
      'was sent. Use a plain alias.',
  )
}

function parseTableName(text: string): TableName {
  const parts = text.split('.')
  const [first = '', second] = parts
  if (parts.length > 2 || first === '' || second === '') {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      `tenantFilterPlugin: ${JSON.stringify(text)} is not a table. Write "name" or "schema.name", unquoted.`,
    )
  }
  return second === undefined ? { schema: undefined, name: first } : { schema: first, name: second }
}
