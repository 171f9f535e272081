import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** The part of Prisma's data model ("DMMF") that the comparison reads. */
export interface DataModel {
  readonly enums: readonly { readonly name: string; readonly values: readonly { readonly name: string }[] }[]
  readonly models: readonly Model[]
  readonly indexes: readonly Index[]
}

export interface Model {
  readonly name: string
  readonly dbName: string | null
  readonly fields: readonly Field[]
  readonly primaryKey: { readonly fields: readonly string[] } | null
}

export interface Field {
  readonly name: string
  readonly kind: 'scalar' | 'enum' | 'object'
  readonly type: string
  readonly isList: boolean
  readonly isRequired: boolean
  readonly isId: boolean
  /** The column, where it is called differently. */
  readonly dbName?: string | null
  readonly nativeType: readonly [name: string, parameters: readonly string[]] | null
  readonly default?:
    | string
    | number
    | boolean
    | unknown[]
    | { readonly name: string; readonly args?: readonly unknown[] }
  readonly relationName?: string
  readonly relationFromFields?: readonly string[]
  readonly relationToFields?: readonly string[]
  readonly relationOnDelete?: string
}

export interface Index {
  readonly model: string
  readonly type: 'id' | 'unique' | 'normal'
  readonly algorithm?: string
  readonly fields: readonly { readonly name: string; readonly sortOrder?: string }[]
}

/** What `prisma generate` read in schema.prisma. */
export async function readDataModel(
  file: string = path.join(import.meta.dirname, '../generated/data-model.json'),
): Promise<DataModel> {
  return JSON.parse(await readFile(file, 'utf8')) as DataModel
}
