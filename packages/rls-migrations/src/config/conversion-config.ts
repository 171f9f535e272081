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
  /**
   * Whether the policies take signed tokens in place of bare ids, so that SQL injection cannot name another organization;
   * the service is given a key. A database that is converted already changes with `partywall seal`. @defaultValue `false`
   */
  readonly seal?: boolean
  /**
   * What keeps the rows: one server, or a Citus cluster, on which every key holds the tenant and the last steps spread the
   * tables over the shards. @defaultValue `'postgres'`
   */
  readonly engine?: 'postgres' | 'citus'
  /**
   * The host's own table of organizations: `teams`, `workspaces`. Each of its rows is an organization, and the tenant
   * column takes the type of its id. @defaultValue `partywall.organizations` is the root, with one organization
   */
  readonly root?: {
    /** `teams`, or `schema.teams`. */
    readonly table: string
    /** @defaultValue the primary key, which must be of one column */
    readonly id?: string
    /** A text for people. @defaultValue the id */
    readonly name?: string
    /** A text for URLs; where it is no slug, the id stands in. @defaultValue the id */
    readonly slug?: string
    /** Columns that hold its id without a foreign key, in whatever table. */
    readonly columns?: readonly string[]
  }
  /**
   * With `root`: where a table's rows get their organization from, when the foreign keys do not say it, or say it twice.
   * By table. @defaultValue the shortest way along foreign keys, those that are never null first
   */
  readonly organizationFrom?: Readonly<Record<string, OrganizationFrom>>
  /**
   * With `root`: rows that reach no organization. Either nothing is converted while there are any, or they belong to
   * `defaultOrganization.id`. @defaultValue `'refuse'`
   */
  readonly orphans?: 'refuse' | 'default-organization'
  /** The organization that owns the rows that exist already. With `root`, only what reaches no other. */
  readonly defaultOrganization?: {
    /** A UUID, or with `root` the id of one of its rows. @defaultValue drawn at random when the plan is frozen; with `root`, none */
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
 * A column, which holds the id of an organization or is a foreign key towards one; a foreign key by its name; or the
 * default organization for all rows.
 */
export type OrganizationFrom = { readonly column: string } | { readonly foreignKey: string } | 'default-organization'

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
