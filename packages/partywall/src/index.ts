export { defineConfig } from '@partywall/rls-migrations'
export type { PartywallConfig } from '@partywall/rls-migrations'
