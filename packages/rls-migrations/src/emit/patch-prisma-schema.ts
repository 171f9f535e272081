import type { PlanSettings } from '../plan/plan.ts'
import type { ForeignKeyChange, OrmChange } from './orm-changes.ts'
import { LineEdits } from './line-edits.ts'
import { explicitJoins } from './prisma-joins.ts'
import {
  argumentOf,
  fieldsArgument,
  listOf,
  readPrismaModels,
  unquoted,
  type PrismaAttribute,
  type PrismaField,
  type PrismaModel,
} from './prisma-schema.ts'
import { isOf, prismaAction, tenantField } from './prisma-words.ts'

export interface PrismaPatch {
  readonly text: string
  /** What the patch could not follow, or what the code must follow. */
  readonly notes: readonly string[]
}

/**
 * The schema of Prisma as the database is from contract on; the client that it gives works from expand on as well, when
 * old keys and new ones stand side by side. Lines that do not change stay as they are written.
 */
export function patchPrismaSchema(text: string, changes: readonly OrmChange[], settings: PlanSettings): PrismaPatch {
  const lines = text.split('\n')
  const models = readPrismaModels(lines)
  const edits = new LineEdits(lines)
  for (const change of changes) {
    const model = models.find((one) => isOf(one, change))
    if (model !== undefined) new ModelPatch({ model, change, models, changes, settings, edits }).apply()
  }
  const notes = explicitJoins({ models, changes, settings, edits })
  return { text: edits.text(), notes }
}

interface Scene {
  readonly model: PrismaModel
  readonly change: OrmChange
  readonly models: readonly PrismaModel[]
  readonly changes: readonly OrmChange[]
  readonly settings: PlanSettings
  readonly edits: LineEdits
}

class ModelPatch {
  readonly #scene: Scene
  readonly #tenant: string

  constructor(scene: Scene) {
    this.#scene = scene
    this.#tenant = tenantField(scene.settings).name
  }

  apply(): void {
    const { model, edits, settings } = this.#scene
    const first = model.fields[0]
    if (first !== undefined) edits.insertBehind(first.line, `  ${tenantField(settings).line}`)
    for (const field of model.fields) this.#field(field)
    for (const attribute of model.attributes) this.#blockAttribute(attribute)
    for (const { columns, name } of this.#scene.change.keys) this.#append('unique', this.#names(columns), name)
  }

  #field(field: PrismaField): void {
    const { change } = this.#scene
    for (const attribute of field.attributes) {
      if (attribute.name === 'id' && change.widensPrimaryKey) {
        this.#remove(attribute)
        this.#append('id', field.name, unquoted(argumentOf(attribute, 'map')))
      }
      if (attribute.name === 'unique') this.#fieldUnique(field, attribute)
      if (attribute.name === 'relation') this.#relation(field, attribute)
    }
  }

  #fieldUnique(field: PrismaField, attribute: PrismaAttribute): void {
    const { model, change } = this.#scene
    const name = unquoted(argumentOf(attribute, 'map')) ?? `${model.table}_${field.column}_key`
    const unique = change.uniques.find((one) => one.old === name)
    if (unique === undefined) return
    if (!unique.stays) this.#remove(attribute)
    this.#append('unique', field.name, unique.name)
  }

  #blockAttribute(attribute: PrismaAttribute): void {
    const { model, change } = this.#scene
    const fields = listOf(fieldsArgument(attribute))
    const columns = fields.map((name) => model.fields.find((field) => field.name === name)?.column ?? name)
    const named = (suffix: string): string =>
      unquoted(argumentOf(attribute, 'map')) ?? `${model.table}_${columns.join('_')}_${suffix}`
    if (attribute.name === 'id' && change.widensPrimaryKey) this.#widen(attribute, undefined)
    if (attribute.name === 'unique') {
      const unique = change.uniques.find((one) => one.old === named('key'))
      if (unique === undefined) return
      if (unique.stays) this.#append('unique', inner(fieldsArgument(attribute)), unique.name)
      else this.#widen(attribute, unique.name)
    }
    if (attribute.name === 'index') {
      const index = change.indexes.find((one) => one.old === named('idx'))
      if (index !== undefined) this.#append('index', inner(fieldsArgument(attribute)), index.name)
    }
  }

  #relation(field: PrismaField, attribute: PrismaAttribute): void {
    const { model } = this.#scene
    const fields = listOf(argumentOf(attribute, 'fields'))
    if (fields.length === 0) return
    const columns = fields.map((name) => model.fields.find((one) => one.name === name)?.column ?? name)
    const parent = this.#scene.models.find((one) => one.name === field.type)
    const key = this.#scene.change.foreignKeys.find(
      (one) =>
        parent !== undefined && one.references.name === parent.table && one.columns.join('\0') === columns.join('\0'),
    )
    if (key !== undefined) this.#rewrite(attribute, relationArguments(attribute, key, this.#tenant))
  }

  /** The tenant in front of the fields of a block attribute, and the name of the index that stands for it. */
  #widen(attribute: PrismaAttribute, name: string | undefined): void {
    const list = fieldsArgument(attribute)
    const others = attribute.arguments.filter(
      (one) => !one.startsWith('[') && !/^fields\s*:/.test(one) && !(name !== undefined && /^map\s*:/.test(one)),
    )
    const map = name === undefined ? [] : [`map: ${JSON.stringify(name)}`]
    this.#rewrite(attribute, [`[${this.#tenant}, ${inner(list)}]`, ...others, ...map], '@@')
  }

  #append(kind: 'id' | 'unique' | 'index', fields: string, name: string | undefined): void {
    const { model, edits } = this.#scene
    const map = name === undefined ? '' : `, map: ${JSON.stringify(name)}`
    edits.insertBehind(model.lastLine - 1, `  @@${kind}([${this.#tenant}, ${fields}]${map})`)
  }

  #rewrite({ line, name, start, end }: PrismaAttribute, args: readonly string[], sign = '@'): void {
    const before = this.#original(line).slice(start, end)
    this.#scene.edits.replace(line, (text) => text.replace(before, () => `${sign}${name}(${args.join(', ')})`))
  }

  #remove({ line, start, end }: PrismaAttribute): void {
    const before = this.#original(line).slice(start, end)
    // `@id` must not be found in `@id_of`: what stands in front of it is a space, and behind it a space or the end.
    this.#scene.edits.replace(line, (text) => {
      const at = text.indexOf(before, Math.max(0, text.indexOf(` ${before}`)))
      return `${text.slice(0, at).trimEnd()}${text.slice(at + before.length)}`
    })
  }

  #original(line: number): string {
    return this.#scene.edits.original(line)
  }

  #names(columns: readonly string[]): string {
    const { fields } = this.#scene.model
    return columns.map((column) => fields.find((field) => field.column === column)?.name ?? column).join(', ')
  }
}

/** The arguments of the relation, its actions said: what Prisma assumes depends on which of the fields may be null. */
function relationArguments(attribute: PrismaAttribute, key: ForeignKeyChange, tenant: string): readonly string[] {
  const others = attribute.arguments.filter((one) => !/^(fields|references|onDelete|onUpdate|map)\s*:/.test(one))
  return [
    ...others,
    `fields: [${tenant}, ${inner(argumentOf(attribute, 'fields'))}]`,
    `references: [${tenant}, ${inner(argumentOf(attribute, 'references'))}]`,
    `onDelete: ${prismaAction(key.onDelete)}`,
    `onUpdate: ${prismaAction(key.onUpdate)}`,
    `map: ${JSON.stringify(key.name)}`,
  ]
}

function inner(list: string | undefined): string {
  return (list ?? '').replace(/^\[|\]$/g, '').trim()
}
