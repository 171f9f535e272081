/** How connections are shared: for as long as a client is connected, a transaction lasts, or a statement. */
export type PoolMode = 'session' | 'transaction' | 'statement'

/** What the configuration file of a PgBouncer says. */
export interface PgBouncerSettings {
  /** The server's administrator, who looks up the passwords of others. */
  readonly adminUrl: string
  readonly port: number
  readonly poolMode: PoolMode
  readonly poolSize: number
  readonly userList: string
  /** Further lines of the `[pgbouncer]` section. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** The text of `pgbouncer.ini`. Any database of the server is reached, as any login that the server knows. */
export function pgBouncerIni(options: PgBouncerSettings): string {
  const { hostname, port, username } = new URL(options.adminUrl)
  const server = `host=${hostname} port=${port || '5432'} auth_user=${decodeURIComponent(username)}`
  const lines: Record<string, string> = {
    listen_addr: '127.0.0.1',
    listen_port: String(options.port),
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: options.userList,
    auth_query: 'select rolname, rolpassword from pg_catalog.pg_authid where rolname = $1 and rolcanlogin',
    pool_mode: options.poolMode,
    default_pool_size: String(options.poolSize),
    max_client_conn: '1000',
    // What libraries send when they connect and PgBouncer does not know.
    ignore_startup_parameters: 'extra_float_digits,options',
    ...options.settings,
  }
  const section = Object.entries(lines).map(([name, value]) => `${name} = ${value}`)
  return ['[databases]', `* = ${server}`, '', '[pgbouncer]', ...section, ''].join('\n')
}

/** The text of the file with the one password that PgBouncer is told. */
export function pgBouncerUserList(adminUrl: string): string {
  const { username, password } = new URL(adminUrl)
  const quoted = [username, password].map((text) => `"${decodeURIComponent(text).replaceAll('"', '""')}"`)
  return `${quoted.join(' ')}\n`
}
