/**
 * Converts one sample on a server of its own, verifies it through a login of the application, sabotages everything, and
 * prints what came of it as one line of JSON. PARTYWALL_TEST_POSTGRES_MAJOR says on which PostgreSQL.
 */
import { proveSample } from './prove-sample.ts'

console.log(JSON.stringify(await proveSample(process.argv[2] ?? '')))
