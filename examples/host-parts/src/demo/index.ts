export { select, startDemoDatabase } from './demo-database.ts'
export type { DemoDatabase, DemoDatabaseOptions } from './demo-database.ts'
export { runPartywall } from './run-partywall.ts'
export type { CommandPlace } from './run-partywall.ts'
