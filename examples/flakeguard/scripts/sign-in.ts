import { readKeyFiles } from 'host-parts-example'
import { keyFiles } from './key-files.ts'

const [userId] = process.argv.slice(2)
if (userId === undefined) throw new Error('Name the user whose token you want: pnpm sign-in <user id>.')
const issuer = await readKeyFiles(keyFiles)
console.log(await issuer.issue(userId))
