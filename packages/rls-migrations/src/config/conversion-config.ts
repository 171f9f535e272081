/** What a host says about its conversion, in `partywall.config.ts`. Every member has a default; `{}` is a config. */
export interface PartywallConfig {
  /** The schema that Partywall makes for itself. @defaultValue `'partywall'` */
  readonly controlSchema?: string
  /** The schemas of the host that are converted. @defaultValue every schema that is not the server's or an extension's */
  readonly schemas?: readonly string[]
  /** The column that tenant tables get. @defaultValue `'org_id'` */
  readonly tenantColumn?: string
  /** The setting that carries the tenant of a transaction. @defaultValue `'app.current_tenant_id'` */
  readonly setting?: string
  /** The organization that owns the rows that exist already. */
  readonly defaultOrganization?: {
    /** A UUID. @defaultValue drawn at random when the plan is frozen */
    readonly id?: string
    /** @defaultValue `'default'` */
    readonly slug?: string
    /** @defaultValue `'Default organization'` */
    readonly name?: string
  }
  /** Where the host keeps its people. @defaultValue found by name and by a unique e-mail column */
  readonly users?: {
    /** `users`, or `schema.users`. */
    readonly table: string
    /** @defaultValue the primary key */
    readonly id?: string
    /** @defaultValue `'email'` */
    readonly email?: string
  }
  /** Which table is what. Tables that are not named here are classified by their foreign keys. */
  readonly tables?: {
    /** Isolated by organization. */
    readonly tenant?: readonly string[]
    /** Read by every organization, written by none. */
    readonly shared?: readonly string[]
    /** Not touched, and out of the reach of the application's role. */
    readonly skipped?: readonly string[]
  }
}

/**
 * Types a config file; returns it as it is.
 *
 * @example
 * ```ts
 * export default defineConfig({ tenantColumn: 'orgId', users: { table: 'User' } })
 * ```
 */
export function defineConfig(config: PartywallConfig): PartywallConfig {
  return config
}
