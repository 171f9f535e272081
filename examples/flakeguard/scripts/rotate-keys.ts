import { rotateKeyFiles } from 'host-parts-example'
import { keyFiles } from './key-files.ts'

// The URL alone, for a shell to take.
console.log(await rotateKeyFiles(keyFiles))
