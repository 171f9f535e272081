import { issueDemoToken } from '../src/demo-token.ts'
import { requireTokenSecret } from '../src/environment.ts'

const [userId] = process.argv.slice(2)
if (userId === undefined) throw new Error('Name the user whose token you want: pnpm sign-in <user id>.')
console.log(await issueDemoToken(userId, requireTokenSecret()))
