import path from 'node:path'
import type { KeyFiles } from 'host-parts-example'
import { tokenNames } from '../src/tokens.ts'

/** The keys of a developer's machine, in place of an identity provider. */
export const keyFiles: KeyFiles = { directory: path.join(import.meta.dirname, '../keys'), ...tokenNames }
