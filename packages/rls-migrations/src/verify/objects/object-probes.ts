import { readLargeObject } from './read-large-object.ts'
import { recordsRead } from './records-read.ts'
import { recordsWrite } from './records-write.ts'
import { setSequence } from './set-sequence.ts'
import type { ObjectProbe } from './object-probe.ts'

/** Every attack on what is no table of the host. A new idea is a file beside this one and a line here. */
export const objectProbes: readonly ObjectProbe[] = [recordsRead, recordsWrite, setSequence, readLargeObject]
