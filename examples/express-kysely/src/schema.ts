import type { Generated } from 'kysely'

/** The tables as the service sees them. Their column `org_id` is nobody's business here: the database fills it. */
export interface Schema {
  readonly projects: { readonly id: Generated<number>; readonly name: string }
  readonly notes: {
    readonly id: Generated<number>
    readonly project_id: number
    readonly author_id: string | null
    readonly body: string
    readonly created_at: Generated<Date>
  }
}
