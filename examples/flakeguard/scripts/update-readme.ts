// Writes the difference between before/ and after/ into the README; a test fails when they part.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { insertChanges } from './describe-changes.ts'

const file = path.join(import.meta.dirname, '../README.md')
await writeFile(file, await insertChanges(await readFile(file, 'utf8')))
