/** What every variant that writes SQL asks. The tenant is left to row level security. */
export const pointRead = 'select id, org_id, name from items where id = $1'

/** How a transaction is usually given its tenant. */
export const setTenant = `select set_config('app.current_tenant_id', $1, true)`
